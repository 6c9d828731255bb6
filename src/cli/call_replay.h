// A call from its words alone, under virtual time, through its guide (live/guide.h), with the policies, articles and
// models that a server would have in force. For `sotto policy explain`, `sotto policy test` and evaluations. Confined
// to the thread that made it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/minilm/shard.h"
#include "call/call.h"
#include "library/library.h"
#include "live/guide.h"
#include "live/transcript/mentions.h"
#include "live/transcript/privacy_gate.h"
#include "net/loop.h"
#include "orchestrator/router.h"

namespace sotto::app {

struct Happened {
  std::int64_t at_ms = 0;
  EventBody what;
};

// The tenants' policies and models, loaded once.
class CallReplayRoom {
 public:
  // Errors: of the weights, and `bad_policies` with every problem of the tenant's files.
  static Result<std::unique_ptr<CallReplayRoom>> make(std::filesystem::path const& policies,
                                                      std::filesystem::path const& knowledge,
                                                      std::filesystem::path const& models,
                                                      std::optional<std::set<std::string>> only = std::nullopt);
  Library::Understanding understanding() const { return library_->understanding(); }
  // Articles are those in force then; without it, those of today.
  void use_day(std::optional<Time> day) { clock_.fixed = day; }
  // A tenant's articles; null where there are none.
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge(std::string const& tenant) const {
    return library_->knowledge(tenant);
  }

 private:
  friend class CallReplay;
  CallReplayRoom() = default;

  // What calls take for now. What is loaded and encoded has the time that it is.
  struct CallClock final : Clock {
    SystemClock system;
    std::optional<Time> fixed;
    Time now() const override { return fixed.value_or(system.now()); }
  };
  CallClock clock_;
  net::Loop loop_;
  NoMetrics metrics_;
  std::unique_ptr<MinilmShard> shard_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<orchestrator::Router> router_;
};

class CallReplay {
 public:
  // `explains`: verdicts() are there; it costs a sentence a rule.
  CallReplay(CallReplayRoom& room, CallInfo info, guidance::GuidanceOptions options = {}, bool explains = true);

  // Time passes until the words are over; then they are judged. Words in the order of their ends.
  std::vector<Happened> say(Utterance const& utterance);
  // Words without times of their own: spoken at 150 words a minute from `at_ms` on, through the gate that hides numbers
  // and with what they name, as a final in a call.
  std::vector<Happened> say(Track speaker, std::string const& text, std::int64_t at_ms);
  std::vector<Happened> pass(std::int64_t until_ms);
  // Another agent speaks from here.
  void hand_over(std::string agent, std::string team);
  // What every rule made of the utterance said last, in the order of the rules.
  std::vector<orchestrator::Verdict> const& verdicts() const { return guide_.verdicts(); }
  PolicySet const& policies() const { return guide_.policies(); }

 private:
  InForce in_force() const;
  Time at(std::int64_t ms) const { return info_.started + std::chrono::milliseconds(ms); }
  void take(std::vector<Happened>& out);

  CallReplayRoom& room_;
  CallInfo info_;
  CallGuide guide_;
  transcript::PrivacyGate gate_;
  transcript::Mentions mentions_;
  std::int64_t now_ms_ = 0, spoken_until_ms_ = 0, number_ = 0;
  std::array<std::int64_t, 2> count_{};
};

}  // namespace sotto::app
