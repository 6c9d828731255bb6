#include "net/admission.h"

#include <utility>

namespace sotto::net {

bool Admission::admit(Id id, std::function<void()> leave) {
  if (waiting(Standing::stranger).size() >= limits_.strangers) send_oldest_away(Standing::stranger);
  if (places_.size() >= limits_.all && !send_oldest_away(Standing::stranger) && !send_oldest_away(Standing::idle))
    return false;
  auto& strangers = waiting(Standing::stranger);
  places_[id] = {Standing::stranger, strangers.insert(strangers.end(), id), std::move(leave)};
  return true;
}

void Admission::rest(Id id) {
  if (is_stranger(id)) return;
  if (waiting(Standing::idle).size() >= limits_.idle) send_oldest_away(Standing::idle);
  move(id, Standing::idle);
}

void Admission::work(Id id) {
  if (!is_stranger(id)) move(id, Standing::busy);
}

void Admission::gone(Id id) {
  auto const place = places_.find(id);
  if (place == places_.end()) return;
  waiting(place->second.standing).erase(place->second.at);
  places_.erase(place);
}

bool Admission::is_stranger(Id id) const {
  auto const place = places_.find(id);
  return place == places_.end() || place->second.standing == Standing::stranger;
}

void Admission::move(Id id, Standing to) {
  auto const place = places_.find(id);
  if (place == places_.end()) return;
  auto& [standing, at, leave] = place->second;
  auto& there = waiting(to);
  there.splice(there.end(), waiting(standing), at);
  standing = to;
}

bool Admission::send_oldest_away(Standing of) {
  auto& list = waiting(of);
  if (list.empty()) return false;
  auto const id = list.front();
  auto const leave = std::move(places_.at(id).leave);
  gone(id);
  ++sent_away_;
  leave();
  return true;
}

}  // namespace sotto::net
