// Who may hold a connection: everybody who comes is a stranger until a request of theirs was allowed (a token, a
// ticket, or this machine's own page where none is needed). Strangers and idle connections are bounded; the one that
// has waited longest goes first, so that whoever opens sockets and says nothing takes no place from a call. Confined to
// the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>

namespace sotto::net {

struct AdmissionLimits {
  std::size_t strangers = 256;  // have shown nothing yet
  std::size_t idle = 1024;      // proven, between two requests
  std::size_t all = 4096;       // beyond: a stranger goes, then an idle one, then the newcomer
};

class Admission {
 public:
  using Id = std::uint64_t;
  enum class Standing { stranger, idle, busy };

  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // A connection has come. `leave` ends it; it is called at most once, perhaps by a later admit(), and must not call
  // back. False: there is no place, and nothing was noted.
  bool admit(Id id, std::function<void()> leave);
  // A request of it was allowed: no stranger from now on.
  void prove(Id id) { move(id, Standing::busy); }
  // A proven connection waits for its next request. A stranger stays one.
  void rest(Id id);
  // It has a request again.
  void work(Id id);
  void gone(Id id);

  bool is_stranger(Id id) const;
  std::size_t size() const { return places_.size(); }
  std::size_t strangers() const { return waiting(Standing::stranger).size(); }
  // Sent away since the start because others needed the place.
  std::uint64_t sent_away() const { return sent_away_; }

 private:
  struct Place {
    Standing standing;
    std::list<Id>::iterator at;
    std::function<void()> leave;
  };
  std::list<Id>& waiting(Standing standing) { return waiting_[static_cast<std::size_t>(standing)]; }
  std::list<Id> const& waiting(Standing standing) const { return waiting_[static_cast<std::size_t>(standing)]; }
  void move(Id id, Standing to);
  bool send_oldest_away(Standing of);

  AdmissionLimits const limits_;
  std::map<Id, Place> places_;
  std::list<Id> waiting_[3];  // by standing, the longest there first
  std::uint64_t sent_away_ = 0;
};

}  // namespace sotto::net
