#include "webhooks/webhook_sender.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/openssl/secrets.h"
#include "webhooks/webhook_message.h"
#include "base/limits.h"
#include "call/event_fields.h"

namespace sotto::app {

namespace {

constexpr std::string_view kConsumer = "webhook/";
constexpr std::size_t kFetch = 100;  // requests at once, so that a backlog does not hold the loop up

Unsettled requests(std::string consumer, std::int64_t after, std::size_t most) {
  return {.consumer = std::move(consumer), .after = after, .types = {Fields<WebhookRequested>::type}, .most = most};
}

// What no time mends.
bool is_gone(Error const& error) {
  return error.code == "no_such_call" || error.code == "erased" || error.code == "damaged";
}

}  // namespace

WebhookSender::WebhookSender(std::vector<WebhookTarget> targets, CallLog& log, Clock const& clock, Metrics& metrics)
    : log_(log), clock_(clock), metrics_(metrics) {
  {
    Lock const hold(link_->mutex);
    link_->loop = &loop_;
  }
  for (auto& target : targets) {
    auto const seed = std::stoull(random_hex(7), nullptr, 16);  // servers of a fleet must not come back in step
    auto consumer = std::string(kConsumer) + target.settings.name;
    receivers_.push_back(std::make_unique<Receiver>(std::move(target), std::move(consumer), WebhookLane(seed)));
  }
  for (auto const& receiver : receivers_) {
    log_.settle(receiver->consumer, 0, 0);
    loop_.spawn("webhook " + receiver->target.settings.name, watch(*receiver));
  }
  loop_.spawn("webhooks of an earlier run", warn_of_the_forgotten());
  thread_ = std::thread([this] { loop_.run(); });
}

WebhookSender::~WebhookSender() {
  loop_.post([this] {
    stopping_ = true;
    loop_.spawn("end of webhooks", finish());
  });
  thread_.join();
  Lock const hold(link_->mutex);
  link_->loop = nullptr;
}

net::asio::awaitable<void> WebhookSender::finish() {
  net::asio::steady_timer timer(loop_.context());
  constexpr auto step = std::chrono::milliseconds(20);
  for (Duration waited{}; under_way_ > 0 && waited < limits::kWebhookStopGrace; waited += step) {
    timer.expires_after(step);
    co_await timer.async_wait(net::asio::use_awaitable);
  }
  loop_.stop();
}

// Asks the log, which answers on another loop, and may do so when this one is gone.
template <typename T>
net::asio::awaitable<Result<T>> WebhookSender::ask(std::function<void(Then<T>)> request) {
  struct Waiting {
    explicit Waiting(net::asio::io_context& context) : came(context) {}
    net::Signal came;
    std::optional<Result<T>> answer;
  };
  auto const waiting = std::make_shared<Waiting>(loop_.context());
  request([link = link_, weak = std::weak_ptr(waiting)](Result<T> answer) {
    Lock const hold(link->mutex);
    if (!link->loop) return;
    link->loop->post([weak, answer = std::make_shared<Result<T>>(std::move(answer))] {
      auto const asked = weak.lock();
      if (!asked) return;
      asked->answer = std::move(*answer);
      asked->came.raise();
    });
  });
  co_await waiting->came.wait();
  co_return std::move(*waiting->answer);
}

net::asio::awaitable<void> WebhookSender::watch(Receiver& receiver) {
  net::asio::steady_timer timer(loop_.context());
  auto const began = clock_.now();
  for (bool first = true; !stopping_; first = false) {
    while (receiver.lane.room() > 0 && co_await fetch(receiver) == kFetch) start(receiver);
    if (auto const earlier = receiver.lane.requested_before(began); first && earlier > 0)
      spdlog::info("webhook {}: {} requests of an earlier run are sent now", receiver.target.settings.name, earlier);
    start(receiver);
    timer.expires_after(limits::kWebhookPoll);
    co_await timer.async_wait(net::asio::use_awaitable);
  }
}

// How many the log told of: kFetch where there may be more.
net::asio::awaitable<std::size_t> WebhookSender::fetch(Receiver& receiver) {
  auto const most = std::min(receiver.lane.room(), kFetch);
  auto const found = co_await ask<std::vector<Sequenced>>(
      [&](auto then) { log_.follow(requests(receiver.consumer, receiver.seen, most), std::move(then)); });
  if (!found) {
    if (!std::exchange(receiver.store_failing, true))
      spdlog::error("webhook {}: {}", receiver.target.settings.name, found.error().message);
    co_return 0;
  }
  receiver.store_failing = false;
  for (auto const& one : *found) take_in(receiver, one);
  pass_over(receiver);
  receiver.held = receiver.lane.size();
  co_return found->size();
}

void WebhookSender::take_in(Receiver& receiver, Sequenced const& found) {
  auto const& settings = receiver.target.settings;
  receiver.seen = found.sequence;
  auto const& requested = std::get<WebhookRequested>(found.event.body);
  if (requested.webhook != settings.name) {
    ++receiver.foreign;
    return;
  }
  WebhookRequest request{.sequence = found.sequence,
                         .first = receiver.assigned + 1,
                         .call = found.event.call,
                         .number = found.event.number,
                         .time = found.event.time,
                         .id = requested.id,
                         .policy = requested.policy};
  receiver.assigned = found.sequence;
  receiver.foreign = 0;
  // Requested under another configuration.
  auto const why = why_no_webhook({settings}, settings.name, found.event.tenant);
  if (why.empty()) receiver.lane.add(std::move(request), clock_.now());
  else give_up(receiver, request, 0, why);
}

// Many requests to others need not be read again after the next start.
void WebhookSender::pass_over(Receiver& receiver) {
  if (receiver.foreign < static_cast<int>(kFetch)) return;
  log_.settle(receiver.consumer, receiver.assigned + 1, receiver.seen);
  receiver.assigned = receiver.seen;
  receiver.foreign = 0;
}

void WebhookSender::start(Receiver& receiver) {
  if (stopping_) return;
  for (auto& request : receiver.lane.take(clock_.now())) {
    loop_.spawn("webhook " + receiver.target.settings.name, post(receiver, std::move(request)));
  }
}

net::asio::awaitable<void> WebhookSender::post(Receiver& receiver, WebhookRequest request) {
  auto const event = co_await read(request);
  if (stopping_) co_return;
  if (event) {
    ++under_way_;
    auto const answer = co_await send(receiver, *event);
    --under_way_;
    conclude(receiver, request, answer);
  } else if (is_gone(event.error())) {
    receiver.lane.drop(request.sequence);
    give_up(receiver, request, 0, event.error().message);
  } else {
    receiver.lane.postponed(request.sequence, clock_.now());
  }
  receiver.held = receiver.lane.size();
  start(receiver);
}

net::asio::awaitable<Result<Event>> WebhookSender::read(WebhookRequest const& request) {
  auto events = co_await ask<std::vector<Event>>(
      [&](auto then) { log_.read(request.call, request.number - 1, 1, std::move(then)); });
  if (!events) co_return std::unexpected(events.error());
  bool const there = !events->empty() && events->front().is<WebhookRequested>();
  if (!there) co_return fail("damaged", "its event is not there any more");
  co_return std::move(events->front());
}

net::asio::awaitable<Result<net::ClientAnswer>> WebhookSender::send(Receiver const& receiver, Event const& event) {
  auto const& target = receiver.target;
  auto const& id = std::get<WebhookRequested>(event.body).id;
  auto body = webhook_body(event, target.settings.words);
  // The receiver compares it with its own clock: not ours, which knows nothing of corrections since the start.
  auto const stamp = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch();
  net::ClientRequest request{.method = "POST",
                             .url = target.settings.url,
                             .headers = webhook_headers(target.secrets, id, stamp.count(), body),
                             .body = std::move(body),
                             .authorities = target.settings.authorities};
  try {
    co_return co_await client_.send(
        std::move(request),
        {.connect = limits::kWebhookTry, .whole = limits::kWebhookTry, .body_bytes = limits::kWebhookAnswerBytesMax});
  } catch (std::exception const& error) {
    co_return fail("no_answer", error.what());
  }
}

void WebhookSender::conclude(Receiver& receiver, WebhookRequest const& request,
                             Result<net::ClientAnswer> const& answer) {
  auto const& name = receiver.target.settings.name;
  WebhookAnswer said;
  if (answer) {
    auto const wall = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    said = {answer->status, read_retry_after(answer->header("retry-after"), wall)};
  }
  auto const ruling = receiver.lane.answered(request.sequence, said, clock_.now());
  if (ruling.verdict == WebhookVerdict::delivered) {
    settle(receiver, request);
    metrics_.count(Counter::webhooks_delivered);
    metrics_.observe(Histogram::webhook, clock_.now() - request.time);
    if (std::exchange(receiver.failing, false)) spdlog::info("webhook {}: the receiver takes requests again", name);
    return;
  }
  metrics_.count(Counter::webhook_tries_failed);
  auto const why = answer ? fmt::format("status {}", answer->status) : answer.error().message;
  if (ruling.verdict == WebhookVerdict::given_up) return give_up(receiver, request, ruling.tries, why);
  if (!std::exchange(receiver.failing, true)) spdlog::warn("webhook {}: {}; tried again", name, why);
}

void WebhookSender::settle(Receiver& receiver, WebhookRequest const& request) {
  log_.settle(receiver.consumer, request.first, request.sequence);
}

// The dead letter: its event stays in the store, found by the id and the call.
void WebhookSender::give_up(Receiver& receiver, WebhookRequest const& request, int tries, std::string const& why) {
  settle(receiver, request);
  metrics_.count(Counter::webhooks_given_up);
  spdlog::error("webhook {}: request {} of call {}, rule {}, given up after {} tries: {}",
                receiver.target.settings.name, request.id, request.call, request.policy, tries, why);
}

// They stay where they are: the name may be missing by mistake.
net::asio::awaitable<void> WebhookSender::warn_of_the_forgotten() {
  auto const known = co_await ask<std::vector<std::string>>([&](auto then) { log_.consumers(std::move(then)); });
  if (!known) spdlog::error("webhooks: {}", known.error().message);
  for (auto const& consumer : known.value_or(std::vector<std::string>{})) {
    if (!consumer.starts_with(kConsumer)) continue;
    if (std::ranges::any_of(receivers_, [&](auto const& receiver) { return receiver->consumer == consumer; })) continue;
    auto const name = consumer.substr(kConsumer.size());
    std::size_t waiting = 0;
    for (std::int64_t seen = 0;;) {
      auto const found = co_await ask<std::vector<Sequenced>>(
          [&](auto then) { log_.follow(requests(consumer, seen, kFetch), std::move(then)); });
      if (!found || found->empty()) break;
      seen = found->back().sequence;
      for (auto const& one : *found) waiting += std::get<WebhookRequested>(one.event.body).webhook == name;
    }
    if (waiting > 0)
      spdlog::warn("webhook {}: {} requests wait and the configuration does not name it any more", name, waiting);
  }
}

}  // namespace sotto::app
