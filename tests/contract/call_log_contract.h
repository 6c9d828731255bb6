// What every CallLog must do (ports/call_log.h); of its CallIndex: call_index_contract.h. A Fixture gives `log()`,
// `index()`, `clock()`, `run_until(done)` (work goes on until `done()`), `reopen()` (as after a kill of the process),
// `spoil(call, number)` (what stands there of the event is not what was written), `hold()` and `let_go()` (commits
// wait), and `fail_commits(n)` (the next n fail).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "call/event_codec.h"
#include "ports/call_index.h"
#include "ports/call_log.h"
#include "support/manual_clock.h"

namespace sotto {

template <typename Fixture>
class CallLogContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Fixture::missing(); }) {
      if (auto const why = Fixture::missing(); !why.empty()) GTEST_SKIP() << why;
    }
  }
  // Waits for the answer, which never comes inside the call.
  template <typename T, typename Ask>
  Result<T> ask(Ask request) {
    std::optional<Result<T>> answer;
    int answers = 0;
    request(Then<T>([&](Result<T> result) {
      ++answers;
      answer = std::move(result);
    }));
    EXPECT_FALSE(answer) << "never inside the call";
    fixture.run_until([&] { return answer.has_value(); });
    EXPECT_EQ(answers, 1);
    return answer.value_or(fail("test", "no answer"));
  }

  static CallInfo info(std::string id, std::int64_t started_us = 5, std::string tenant = "demo") {
    return {.id = std::move(id),
            .tenant = std::move(tenant),
            .tracks = {Track::customer},
            .format = {},
            .started = Time(Duration(started_us))};
  }
  static NewEvent said(std::string text) {
    return {.time = Time(Duration(7)), .body = UtteranceFinal{{.text = std::move(text)}}};
  }
  static TrackUpdate decided(std::int64_t from, std::int64_t to, Coverage coverage = Coverage::silence) {
    return {.decided_before = from,
            .decided_after = to,
            .rows = {{.from = from, .to = to, .coverage = coverage, .utterance = -1, .reason = "not_received"}}};
  }
  static Append opening(std::string id = "c1", std::string digest = "d", std::int64_t started_us = 5) {
    return {.lease = {id, Part::speech, 1},
            .opening = Opening{info(id, started_us), std::move(digest), "w1"},
            .events = {said("started")}};
  }
  // The speech of a call that is open.
  static Append speech(std::int64_t batch, std::vector<std::string> const& texts, std::int64_t fence = 1) {
    Append out{.lease = {"c1", Part::speech, fence}, .batch = batch};
    for (auto const& text : texts) out.events.push_back(said(text));
    return out;
  }

  Result<std::int64_t> append(Append batch) {
    return ask<std::int64_t>([&](auto then) { fixture.log().append(std::move(batch), then); });
  }
  std::vector<Claimed> claim(Part part, std::string worker = "w2", std::size_t most = 100) {
    auto claimed = ask<std::vector<Claimed>>([&](auto then) { fixture.log().claim(part, worker, most, then); });
    EXPECT_TRUE(claimed);
    return claimed.value_or(std::vector<Claimed>{});
  }
  Result<std::vector<Event>> read(std::string call = "c1", std::int64_t after = 0, std::size_t most = 1000) {
    return ask<std::vector<Event>>([&](auto then) { fixture.log().read(call, after, most, then); });
  }
  std::vector<Lease> renew(std::vector<Lease> leases) {
    return ask<std::vector<Lease>>([&](auto then) { fixture.log().renew(leases, then); }).value();
  }
  std::vector<Sequenced> follow(std::string consumer = "f", std::size_t most = 1000) {
    return follow(Unsettled{.consumer = std::move(consumer), .most = most});
  }
  std::vector<Sequenced> follow(Unsettled what) {
    return ask<std::vector<Sequenced>>([&](auto then) { fixture.log().follow(what, then); }).value();
  }
  std::vector<std::string> consumers() {
    return ask<std::vector<std::string>>([&](auto then) { fixture.log().consumers(then); }).value();
  }
  CallState find(std::string call) {
    return ask<KnownCall>([&](auto then) { fixture.index().find(call, then); }).value().state;
  }
  Result<CallRecord> load(std::string call = "c1") {
    return ask<CallRecord>([&](auto then) { fixture.index().load(call, then); });
  }
  std::vector<CallSummary> list(CallFilter filter = {}) {
    return ask<std::vector<CallSummary>>([&](auto then) { fixture.index().list(filter, then); }).value();
  }
  Result<std::int64_t> redact(std::string call, std::vector<Redaction> events) {
    return ask<std::int64_t>([&](auto then) { fixture.log().redact(call, std::move(events), then); });
  }
  Result<std::int64_t> redact(std::string call, std::int64_t number, std::string text) {
    return redact(std::move(call), {{number, UtteranceFinal{{.text = std::move(text)}}}});
  }
  // What was said, in the order of numbers.
  std::vector<std::string> texts(std::int64_t after = 0) {
    auto const events = read("c1", after);
    EXPECT_TRUE(events);
    std::vector<std::string> out;
    for (auto const& event : events.value_or(std::vector<Event>{})) {
      EXPECT_EQ(event.number, after + std::ssize(out) + 1);
      out.push_back(words_of(event) ? words_of(event)->text
                                    : std::string(event.template is<CallEnded>() ? "ended" : "?"));
    }
    return out;
  }
  Fixture fixture;
};

TYPED_TEST_SUITE_P(CallLogContract);

// --- numbers, batches ---

TYPED_TEST_P(CallLogContract, NumbersAreConsecutiveOverBothParts) {
  EXPECT_EQ(this->append(this->opening()), 1);
  EXPECT_EQ(this->append(this->speech(2, {"a", "b"})), 2);
  auto const guide = this->claim(Part::guidance);
  ASSERT_EQ(guide.size(), 1u) << "as soon as the call exists";
  EXPECT_EQ(guide[0].lease.fence, 1);
  EXPECT_EQ(guide[0].last_number, 3);
  EXPECT_EQ(this->append({.lease = guide[0].lease, .events = {this->said("g")}}), 4);
  EXPECT_EQ(this->append({.lease = guide[0].lease, .batch = 2, .consumed = 3}), 5) << "the next one's";
  EXPECT_EQ(this->append(this->speech(3, {"c"})), 5);
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "a", "b", "g", "c"}));
  EXPECT_EQ(this->texts(3), (std::vector<std::string>{"g", "c"}));
  EXPECT_EQ(this->read("c1", 1, 2)->size(), 2u);
  auto const event = this->read("c1", 4)->at(0);
  EXPECT_EQ(event.call, "c1");
  EXPECT_EQ(event.tenant, "demo");
  EXPECT_EQ(event.time, Time(Duration(7)));
  EXPECT_EQ(this->read("other").error().code, "no_such_call");
}

TYPED_TEST_P(CallLogContract, TheSameBatchAgainChangesNothingAndGetsTheSameAnswer) {
  EXPECT_EQ(this->append(this->opening()), 1);
  EXPECT_EQ(this->append(this->opening()), 1);
  auto batch = this->speech(2, {"a", "b"});
  batch.tracks = {this->decided(0, 800)};
  EXPECT_EQ(this->append(batch), 2);
  EXPECT_EQ(this->append(batch), 2);
  this->fixture.reopen();
  EXPECT_EQ(this->append(batch), 2) << "who asks again after a crash between commit and answer";
  EXPECT_EQ(this->append(this->speech(3, {"c"})), 4);
  EXPECT_EQ(this->texts().size(), 4u);
}

TYPED_TEST_P(CallLogContract, ABatchLeftOutIsAConflict) {
  ASSERT_TRUE(this->append(this->opening()));
  EXPECT_EQ(this->append(this->speech(3, {"late"})).error().code, "conflict");
  EXPECT_EQ(this->append({.lease = {"none", Part::speech, 1}}).error().code, "conflict");
  EXPECT_EQ(this->append(this->speech(2, {"a"})), 2) << "what was refused is not tried again by the log";
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "a"}));
}

TYPED_TEST_P(CallLogContract, AnIdThatIsTakenIsAConflict) {
  ASSERT_TRUE(this->append(this->opening()));
  EXPECT_EQ(this->append(this->opening("c1", "another")).error().code, "conflict");
  EXPECT_EQ(this->texts().size(), 1u);
}

TYPED_TEST_P(CallLogContract, AnotherDecidedPrefixIsAConflictAndNothingOfItIsStored) {
  ASSERT_TRUE(this->append(this->opening()));
  auto first = this->speech(2, {"a"});
  first.tracks = {this->decided(0, 800)};
  ASSERT_TRUE(this->append(first));
  auto refused = this->speech(3, {"b"});
  refused.tracks = {this->decided(400, 1200)};
  EXPECT_EQ(this->append(refused).error().code, "conflict");
  EXPECT_EQ(this->load()->events.size(), 2u);
  EXPECT_EQ(this->load()->ledger.at(Track::customer).size(), 1u);
}

TYPED_TEST_P(CallLogContract, AGapAndItsRowAreOneBatch) {
  ASSERT_TRUE(this->append(this->opening()));
  auto gap = this->speech(2, {});
  gap.events.push_back({.body = CoverageGap{.call = "c1", .from = 0, .to = 800, .reason = "not_received"}});
  gap.tracks = {this->decided(0, 800, Coverage::gap)};
  this->fixture.fail_commits(1);
  auto const failed = this->append(gap);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().code, "conflict");
  EXPECT_NE(failed.error().code, "fenced");
  EXPECT_EQ(this->load()->events.size(), 1u);
  EXPECT_TRUE(this->load()->ledger.at(Track::customer).empty());
  EXPECT_EQ(this->append(gap), 2);
  this->fixture.reopen();
  EXPECT_EQ(this->load()->events.size(), 2u);
  ASSERT_EQ(this->load()->ledger.at(Track::customer).size(), 1u);
  EXPECT_EQ(this->load()->ledger.at(Track::customer)[0].coverage, Coverage::gap);
}

// --- owners ---

TYPED_TEST_P(CallLogContract, OfTwoWritersTheOlderFenceIsRefusedAndNothingOfItIsStored) {
  ASSERT_TRUE(this->append(this->opening()));
  auto first = this->speech(2, {"a"});
  first.tracks = {this->decided(0, 800)};
  ASSERT_TRUE(this->append(first));
  this->fixture.clock().advance(limits::kLease);
  auto const second = this->claim(Part::speech);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].lease.fence, 2);
  EXPECT_EQ(second[0].batch, 2);
  EXPECT_EQ(second[0].resume_digest, "d");
  EXPECT_EQ(second[0].info.id, "c1");
  ASSERT_EQ(second[0].ledger.at(Track::customer).size(), 1u);
  auto old = this->speech(3, {"old"});
  old.tracks = {this->decided(800, 1600)};
  EXPECT_EQ(this->append(old).error().code, "fenced");
  EXPECT_EQ(this->append(this->speech(2, {"a"})).error().code, "fenced") << "even what was stored before";
  EXPECT_EQ(this->append(this->opening()).error().code, "fenced");
  EXPECT_EQ(this->append(this->speech(3, {"new"}, 2)), 3);
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "a", "new"}));
  EXPECT_EQ(this->load()->ledger.at(Track::customer).size(), 1u);
}

TYPED_TEST_P(CallLogContract, ALeaseIsLostWhenItIsNotRenewed) {
  ASSERT_TRUE(this->append(this->opening()));
  EXPECT_TRUE(this->claim(Part::speech).empty()) << "it is owned";
  this->fixture.clock().advance(limits::kLease - 1s);
  EXPECT_EQ(this->renew({{"c1", Part::speech, 1}}).size(), 1u);
  this->fixture.clock().advance(limits::kLease - 1s);
  EXPECT_TRUE(this->claim(Part::speech).empty()) << "it was renewed";
  EXPECT_EQ(this->append(this->speech(2, {"a"})), 2);
  this->fixture.clock().advance(1s);
  auto const next = this->claim(Part::speech, "w2");
  ASSERT_EQ(next.size(), 1u);
  EXPECT_TRUE(this->renew({{"c1", Part::speech, 1}}).empty()) << "another owner";
  EXPECT_EQ(this->renew({{"c1", Part::speech, 1}, next[0].lease, {"none", Part::speech, 1}}).size(), 1u);
}

TYPED_TEST_P(CallLogContract, WhatIsReleasedMayBeClaimedAtOnce) {
  ASSERT_TRUE(this->append(this->opening()));
  this->fixture.log().release({"c1", Part::speech, 7});
  EXPECT_TRUE(this->claim(Part::speech).empty()) << "not its owner's";
  this->fixture.log().release({"c1", Part::speech, 1});
  EXPECT_TRUE(this->renew({{"c1", Part::speech, 1}}).empty()) << "nor held any more";
  EXPECT_EQ(this->claim(Part::speech).size(), 1u);
}

TYPED_TEST_P(CallLogContract, OneCallIsClaimedByItsNameOnceItsOwnerIsGone) {
  for (std::string const id : {"c1", "c2"}) ASSERT_TRUE(this->append(this->opening(id, "d of " + id)));
  auto const claim = [this](std::string const& call) {
    auto claimed = this->template ask<std::optional<Claimed>>(
        [&](auto then) { this->fixture.log().claim_call(Part::speech, "w2", call, then); });
    EXPECT_TRUE(claimed);
    return claimed.value_or(std::nullopt);
  };
  EXPECT_FALSE(claim("c1")) << "it is owned";
  EXPECT_FALSE(claim("none"));
  this->fixture.clock().advance(limits::kLease);
  auto const second = claim("c2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lease.fence, 2);
  EXPECT_EQ(second->resume_digest, "d of c2");
  EXPECT_FALSE(claim("c2"));
  auto const rest = this->claim(Part::speech);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].info.id, "c1");
  ASSERT_TRUE(this->append({.lease = rest[0].lease, .batch = 2, .done = true}));
  this->fixture.clock().advance(limits::kLease);
  EXPECT_FALSE(claim("c1")) << "it is done";
}

TYPED_TEST_P(CallLogContract, ARestartEndsAllLeases) {
  ASSERT_TRUE(this->append(this->opening()));
  ASSERT_EQ(this->claim(Part::guidance).size(), 1u);
  this->fixture.reopen();
  auto const speech = this->claim(Part::speech), guidance = this->claim(Part::guidance);
  ASSERT_EQ(speech.size(), 1u);
  ASSERT_EQ(guidance.size(), 1u);
  EXPECT_EQ(speech[0].lease.fence, 2);
  EXPECT_EQ(guidance[0].lease.fence, 2);
}

TYPED_TEST_P(CallLogContract, TheOldestCallsAreClaimedFirstAndDonePartsNever) {
  for (int i = 3; i >= 1; --i) ASSERT_TRUE(this->append(this->opening("c" + std::to_string(i), "d", i)));
  auto const first = this->claim(Part::guidance, "w2", 1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].info.id, "c1");
  ASSERT_TRUE(this->append({.lease = first[0].lease, .consumed = 1, .done = true}));
  EXPECT_TRUE(this->renew({first[0].lease}).empty());
  EXPECT_EQ(this->append({.lease = first[0].lease, .batch = 2}).error().code, "conflict");
  this->fixture.reopen();
  auto const rest = this->claim(Part::guidance);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].info.id, "c2");
  EXPECT_EQ(rest[1].info.id, "c3");
}

// --- what goes on after a crash ---

TYPED_TEST_P(CallLogContract, AfterACrashBetweenAppendAndEffectTheClaimTellsWhatRemains) {
  ASSERT_TRUE(this->append(this->opening()));
  ASSERT_TRUE(this->append(this->speech(2, {"a", "b", "c"})));
  auto const guide = this->claim(Part::guidance).at(0);
  EXPECT_EQ(guide.consumed, 0);
  EXPECT_EQ(guide.snapshot, "");
  ASSERT_TRUE(this->append({.lease = guide.lease, .events = {this->said("of a")}, .consumed = 2, .snapshot = "at 2"}));
  ASSERT_TRUE(this->append({.lease = guide.lease, .batch = 2, .events = {this->said("of b")}, .consumed = 3}));
  this->fixture.fail_commits(1);
  EXPECT_FALSE(this->append({.lease = guide.lease, .batch = 3, .events = {this->said("of c")}, .consumed = 4}));
  this->fixture.reopen();
  auto const next = this->claim(Part::guidance).at(0);
  EXPECT_EQ(next.batch, 2);
  EXPECT_EQ(next.consumed, 3);
  EXPECT_EQ(next.snapshot, "at 2");
  EXPECT_EQ(next.last_number, 6);
  EXPECT_EQ(this->texts(next.consumed), (std::vector<std::string>{"c", "of a", "of b"}));
  EXPECT_EQ(this->append({.lease = next.lease, .batch = 3, .consumed = 2}).error().code, "conflict") << "it fell";
  EXPECT_EQ(this->append({.lease = next.lease, .batch = 3, .consumed = 7}).error().code, "conflict") << "not there";
  EXPECT_EQ(this->append({.lease = next.lease, .batch = 3, .events = {this->said("of c")}, .consumed = 4}), 7);
}

TYPED_TEST_P(CallLogContract, ADamagedCallIsSetAsideAndTheOthersGoOn) {
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(this->append(this->opening("c" + std::to_string(i), "d", i)));
  this->fixture.spoil("c1", 1);
  this->fixture.spoil("c3", 1);
  this->fixture.spoil("c4", 1);
  auto const claimed = this->claim(Part::guidance, "w2", 1);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].info.id, "c2");
  EXPECT_EQ(this->read("c3").error().code, "damaged");
  EXPECT_EQ(this->follow().size(), 1u) << "one broken event must not hold up those behind it";
  EXPECT_TRUE(this->renew({{"c1", Part::speech, 1}}).empty());
  EXPECT_TRUE(this->claim(Part::guidance).empty());
  for (std::string const id : {"c1", "c3", "c4"}) {
    auto late = this->speech(2, {"x"});
    late.lease.call = id;
    EXPECT_EQ(this->append(late).error().code, "fenced") << id;
    EXPECT_EQ(this->load(id).error().code, "damaged") << id;
    EXPECT_EQ(this->find(id), CallState::ended) << id;
  }
  EXPECT_TRUE(this->load("c2"));
  int damaged = 0;
  for (auto const& call : this->list()) damaged += !call.damaged.empty();
  EXPECT_EQ(damaged, 3);
}

// --- what is taken back ---

TYPED_TEST_P(CallLogContract, RedactedWordsAreReadNowhereAndFollowersAreTold) {
  ASSERT_TRUE(this->append(this->opening()));
  ASSERT_TRUE(this->append(this->speech(2, {"secret", "b"})));
  auto const guide = this->claim(Part::guidance).at(0);
  ASSERT_TRUE(this->append({.lease = guide.lease, .consumed = 3, .snapshot = "knows secret"}));
  auto const redacted = [this](std::int64_t number, std::string text) { return this->redact("c1", number, text); };
  EXPECT_EQ(redacted(2, "half a secret"), 4);
  EXPECT_EQ(redacted(2, "[name]"), 5);
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "[name]", "b", "?", "?"}));
  auto const told = this->read("c1", 3);
  for (auto const& event : *told) {
    auto const* one = event.template as<EventRedacted>();
    ASSERT_TRUE(one);
    EXPECT_EQ(one->number, 2);
    auto const body = body_of(one->type, one->data);
    ASSERT_TRUE(body);
    EXPECT_EQ(std::get<UtteranceFinal>(*body).utterance.text, "[name]") << "also where an earlier one told it";
  }
  EXPECT_EQ(this->follow().size(), 5u);
  EXPECT_EQ(this->append(this->speech(3, {"c"})), 6) << "the call goes on";
  this->fixture.reopen();
  auto const next = this->claim(Part::guidance).at(0);
  EXPECT_EQ(next.snapshot, "") << "it may know the words";
  EXPECT_EQ(next.consumed, 3);
  EXPECT_EQ(this->texts().at(1), "[name]");
  EXPECT_EQ(this->list().at(0).info.id, "c1");
}

TYPED_TEST_P(CallLogContract, OnlyAnEventThatIsThereIsRedactedAndItStaysWhatItIs) {
  ASSERT_TRUE(this->append(this->opening()));
  EXPECT_EQ(this->redact("none", 1, "x").error().code, "no_such_call");
  for (auto const number : {0, 2, -1}) EXPECT_EQ(this->redact("c1", number, "x").error().code, "no_such_event");
  EXPECT_EQ(this->redact("c1", {{1, Moment{}}}).error().code, "bad_event");
  this->fixture.fail_commits(1);
  EXPECT_FALSE(this->redact("c1", 1, "x"));
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started"}));
  EXPECT_TRUE(this->redact("c1", 1, "x"));
  this->fixture.reopen();
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"x", "?"}));
}

TYPED_TEST_P(CallLogContract, OfAnErasedCallOnlyThatItWasRemains) {
  ASSERT_TRUE(this->append(this->opening("c1", "d", 1)));
  ASSERT_TRUE(this->append(this->opening("c2", "d", 2)));
  ASSERT_EQ(this->claim(Part::guidance).size(), 2u);
  auto const erase = [this](std::string const& call) {
    return this->template ask<void>([&](auto then) { this->fixture.log().erase(call, then); });
  };
  this->fixture.fail_commits(1);
  EXPECT_FALSE(erase("c1"));
  EXPECT_TRUE(this->load("c1"));
  EXPECT_TRUE(erase("c1"));
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(this->read("c1").error().code, "erased");
    EXPECT_EQ(this->load("c1").error().code, "erased");
    EXPECT_EQ(this->redact("c1", 1, "x").error().code, "erased");
    EXPECT_EQ(this->find("c1"), CallState::ended);
    EXPECT_EQ(this->append(this->speech(2, {"a"})).error().code, "fenced");
    EXPECT_EQ(this->append(this->opening("c1", "another")).error().code, "conflict");
    auto const all = this->list();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[1].erased);
    EXPECT_EQ(all[1].info.id, "c1");
    EXPECT_TRUE(all[1].info.tracks.empty());
    EXPECT_TRUE(all[1].damaged.empty());
    EXPECT_EQ(this->follow().size(), 1u);
    EXPECT_TRUE(erase("c1")) << "a success again";
    this->fixture.reopen();
  }
  EXPECT_EQ(this->claim(Part::speech).size(), 1u);
  this->fixture.log().settle("f", 1, this->follow().back().sequence);
  EXPECT_TRUE(erase("c2"));
  this->fixture.reopen();
  ASSERT_TRUE(this->append(this->opening("c3")));
  EXPECT_EQ(this->follow().size(), 1u) << "places of what was erased are not given again";
  EXPECT_EQ(erase("none").error().code, "no_such_call");
}

REGISTER_TYPED_TEST_SUITE_P(CallLogContract, NumbersAreConsecutiveOverBothParts,
                            TheSameBatchAgainChangesNothingAndGetsTheSameAnswer, ABatchLeftOutIsAConflict,
                            AnIdThatIsTakenIsAConflict, AnotherDecidedPrefixIsAConflictAndNothingOfItIsStored,
                            AGapAndItsRowAreOneBatch, OfTwoWritersTheOlderFenceIsRefusedAndNothingOfItIsStored,
                            ALeaseIsLostWhenItIsNotRenewed, WhatIsReleasedMayBeClaimedAtOnce,
                            OneCallIsClaimedByItsNameOnceItsOwnerIsGone, ARestartEndsAllLeases,
                            TheOldestCallsAreClaimedFirstAndDonePartsNever,
                            AfterACrashBetweenAppendAndEffectTheClaimTellsWhatRemains,
                            ADamagedCallIsSetAsideAndTheOthersGoOn, RedactedWordsAreReadNowhereAndFollowersAreTold,
                            OnlyAnEventThatIsThereIsRedactedAndItStaysWhatItIs, OfAnErasedCallOnlyThatItWasRemains);

}  // namespace sotto
