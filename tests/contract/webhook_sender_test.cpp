#include "webhooks/webhook_sender.h"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/limits.h"
#include "contract/sqlite_log_fixture.h"
#include "support/scripted_server.h"

namespace sotto::app {
namespace {

class CountingMetrics final : public Metrics {
 public:
  void observe(Histogram, Duration) override {}
  void count(Counter counter, double by) override {
    Lock const hold(mutex_);
    counts_[counter] += static_cast<int>(by);
  }
  int of(Counter counter) {
    Lock const hold(mutex_);
    return counts_[counter];
  }

 private:
  Mutex mutex_;
  std::map<Counter, int> counts_ GUARDED_BY(mutex_);
};

// A receiver of webhooks: answers 200, or what `status` says of an id; what came, in order.
class Receiver {
 public:
  int port() const { return server_.port(); }
  std::vector<std::string> ids() {
    Lock const hold(mutex_);
    return ids_;
  }
  std::string text() {
    Lock const hold(mutex_);
    return text_;
  }
  void answer(std::string const& id, int status) {
    Lock const hold(mutex_);
    status_[id] = status;
  }

 private:
  ScriptedAnswer take(std::string const& request) {
    auto const event = parse_object(request.substr(request.find("\r\n\r\n") + 4));
    Lock const hold(mutex_);
    ids_.push_back(get_string(*event, "id"));
    text_ = get_string(*get_object(*event, "data"), "text");
    auto const status = status_.contains(ids_.back()) ? status_[ids_.back()] : 200;
    return ScriptedServer::whole("", fmt::format("{} Said", status));
  }

  Mutex mutex_;
  std::vector<std::string> ids_ GUARDED_BY(mutex_);
  std::string text_ GUARDED_BY(mutex_);
  std::map<std::string, int> status_ GUARDED_BY(mutex_);
  ScriptedServer server_{[this](std::string const& request) { return take(request); }};
};

class WebhookSenderTest : public testing::Test {
 protected:
  static WebhookTarget target(std::string name, int port) {
    return {.settings = {.name = std::move(name), .url = fmt::format("http://127.0.0.1:{}/hook", port), .words = true},
            .secrets = {"secret"}};
  }
  void start(std::vector<WebhookTarget> targets) {
    sender.emplace(std::move(targets), fixture.log(), fixture.clock(), metrics);
  }
  void restart(std::vector<WebhookTarget> targets) {
    sender.reset();
    fixture.reopen();
    start(std::move(targets));
  }
  // Until it is so, or for 5 s.
  template <typename Done>
  bool wait(Done done) {
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    fixture.run_until([&] { return done() || std::chrono::steady_clock::now() > until; });
    return done();
  }
  // What the sender does by itself in this while, here: nothing.
  void wait_a_while() {
    auto const until = std::chrono::steady_clock::now() + 3 * limits::kWebhookPoll;
    fixture.run_until([&] { return std::chrono::steady_clock::now() > until; });
  }
  // A call in which rules asked for this: the receiver's name and the request's id.
  void ask(std::string const& call, std::vector<std::pair<std::string, std::string>> const& requests) {
    Append batch{
        .lease = {call, Part::speech, 1},
        .opening = Opening{{.id = call, .tenant = "demo", .tracks = {Track::customer}, .format = {}}, "d", "w"}};
    for (auto const& [name, id] : requests) {
      WebhookRequested requested{.id = id, .webhook = name};
      requested.because.text = "secret words";
      batch.events.push_back({.time = fixture.clock().now(), .body = std::move(requested)});
    }
    bool stored = false;
    fixture.log().append(batch, [&](auto result) { stored = result.has_value(); });
    ASSERT_TRUE(wait([&] { return stored; }));
  }
  std::size_t held(std::string const& receiver) const {
    std::size_t out = 0;
    sender->each([&](auto const& name, auto const& held) { out += name == receiver ? held.load() : 0; });
    return out;
  }

  SqliteLogFixture fixture;
  CountingMetrics metrics;
  std::optional<WebhookSender> sender;
};

TEST_F(WebhookSenderTest, ADeadReceiverHoldsNobodyUpAndGetsAllOfItLater) {
  Receiver crm, pager;
  int const dead = ScriptedServer([](auto const&) { return ScriptedAnswer{}; }).port();  // by now
  for (int i = 0; i < 5; ++i)
    ask(fmt::format("c{}", i), {{"crm", fmt::format("a{}", i)}, {"pager", fmt::format("b{}", i)}});
  start({target("crm", crm.port()), target("pager", dead)});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 5 && metrics.of(Counter::webhook_tries_failed) >= 4; }));
  EXPECT_EQ(held("pager"), 5u);
  restart({target("crm", crm.port()), target("pager", pager.port())});
  ASSERT_TRUE(wait([&] { return pager.ids().size() == 5 && held("pager") == 0; }));
  wait_a_while();
  EXPECT_EQ(crm.ids().size(), 5u) << "delivered is delivered";
  restart({target("crm", crm.port()), target("pager", pager.port())});
  wait_a_while();
  EXPECT_EQ(crm.ids().size() + pager.ids().size(), 10u);
}

TEST_F(WebhookSenderTest, WhatFailsAmongOthersIsAloneSentAgainAfterARestart) {
  Receiver crm;
  crm.answer("2", 500);
  ask("c1", {{"crm", "1"}, {"crm", "2"}, {"crm", "3"}});
  start({target("crm", crm.port())});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 3 && held("crm") == 1; }));
  ask("c2", {{"crm", "4"}});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 4 && held("crm") == 1; }));
  crm.answer("2", 200);
  restart({target("crm", crm.port())});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 5 && held("crm") == 0; }));
  EXPECT_EQ(crm.ids().back(), "2");
  restart({target("crm", crm.port())});
  wait_a_while();
  EXPECT_EQ(crm.ids().size(), 5u);
}

TEST_F(WebhookSenderTest, AReceiverThatIsNewGetsWhatNamesItAlone) {
  Receiver crm, pager;
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 350; ++i) many.emplace_back("crm", fmt::format("a{}", i));
  ask("c1", many);
  start({target("crm", crm.port())});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 350; }));
  restart({target("crm", crm.port()), target("pager", pager.port())});
  ask("c2", {{"pager", "b"}});
  ASSERT_TRUE(wait([&] { return pager.ids().size() == 1; }));
  EXPECT_EQ(pager.ids(), std::vector<std::string>{"b"});
  EXPECT_EQ(crm.ids().size(), 350u);
}

TEST_F(WebhookSenderTest, WhatIsTakenBackMeanwhileIsNotSent) {
  Receiver crm;
  crm.answer("1", 503);
  crm.answer("2", 503);
  ask("c1", {{"crm", "1"}});
  ask("c2", {{"crm", "2"}});
  start({target("crm", crm.port())});
  ASSERT_TRUE(wait([&] { return crm.ids().size() == 2 && metrics.of(Counter::webhook_tries_failed) == 2; }));
  EXPECT_EQ(crm.text(), "secret words");
  WebhookRequested redacted{.id = "1", .webhook = "crm"};
  redacted.because.text = "[redacted]";
  int taken_back = 0;
  auto const done = [&](auto const& result) {
    EXPECT_TRUE(result) << result.error().message;
    ++taken_back;
  };
  fixture.log().redact("c1", {{.number = 1, .body = redacted}}, done);
  fixture.log().erase("c2", done);
  ASSERT_TRUE(wait([&] { return taken_back == 2; }));
  crm.answer("1", 200);
  fixture.clock().advance(std::chrono::seconds(2));
  ASSERT_TRUE(wait([&] { return metrics.of(Counter::webhooks_delivered) == 1 && held("crm") == 0; }));
  EXPECT_EQ(crm.text(), "[redacted]");
  EXPECT_EQ(crm.ids().size(), 3u) << "the erased call is not sent again";
  EXPECT_EQ(metrics.of(Counter::webhooks_given_up), 1);
}

TEST_F(WebhookSenderTest, AnotherTenantsReceiverGetsNothing) {
  Receiver crm;
  auto others = target("crm", crm.port());
  others.settings.tenants = {"another"};
  ask("c1", {{"crm", "1"}});
  start({others});
  ASSERT_TRUE(wait([&] { return metrics.of(Counter::webhooks_given_up) == 1; }));
  EXPECT_TRUE(crm.ids().empty());
}

}  // namespace
}  // namespace sotto::app
