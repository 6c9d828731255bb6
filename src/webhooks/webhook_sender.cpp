#include "webhooks/webhook_sender.h"

#include <chrono>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/openssl/secrets.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/post.h"
#include "webhooks/webhook_message.h"

namespace sotto::app {

namespace {

constexpr int kFetch = 100;  // requests at once, so that a backlog does not hold the loop up

std::vector<WebhookSettings> settings_of(std::vector<WebhookTarget> const& targets) {
  std::vector<WebhookSettings> out;
  for (auto const& target : targets) out.push_back(target.settings);
  return out;
}

// They stay where they are: the name may be missing by mistake.
void warn_of_the_forgotten(WebhookQueue& queue, std::vector<WebhookTarget> const& targets) {
  auto const counts = queue.pending_counts();
  if (!counts) return spdlog::error("webhooks: {}", counts.error().message);
  auto const settings = settings_of(targets);
  for (auto const& [name, count] : *counts) {
    bool const known = std::ranges::find(settings, name, &WebhookSettings::name) != settings.end();
    if (known) spdlog::info("webhook {}: {} requests of an earlier run are sent now", name, count);
    else spdlog::warn("webhook {}: {} requests wait and the configuration does not name it any more", name, count);
  }
}

}  // namespace

WebhookSender::WebhookSender(std::vector<WebhookTarget> targets, WebhookQueue& queue, Clock const& clock,
                             Metrics& metrics)
    : queue_(queue), clock_(clock), metrics_(metrics) {
  warn_of_the_forgotten(queue, targets);
  if (targets.empty()) return;
  for (auto& target : targets) {
    auto const seed = std::stoull(random_hex(7), nullptr, 16);  // servers of a fleet must not come back in step
    receivers_.push_back(std::make_unique<Receiver>(std::move(target), WebhookLane(seed)));
  }
  loop_.spawn("webhooks", watch());
  thread_ = std::thread([this] { loop_.run(); });
}

WebhookSender::~WebhookSender() {
  if (!thread_.joinable()) return;
  loop_.post([this] {
    stopping_ = true;
    loop_.spawn("end of webhooks", finish());
  });
  thread_.join();
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

net::asio::awaitable<void> WebhookSender::watch() {
  net::asio::steady_timer timer(loop_.context());
  while (!stopping_) {
    for (auto const& receiver : receivers_) {
      fetch(*receiver);
      start(*receiver);
    }
    timer.expires_after(limits::kWebhookPoll);
    co_await timer.async_wait(net::asio::use_awaitable);
  }
}

void WebhookSender::fetch(Receiver& receiver) {
  auto const& settings = receiver.target.settings;
  auto const most = std::min<std::size_t>(receiver.lane.room(), kFetch);
  if (most == 0) return;
  auto found = queue_.pending(settings.name, receiver.fetched, static_cast<int>(most));
  if (!found) {
    if (!std::exchange(receiver.store_failing, true))
      spdlog::error("webhook {}: {}", settings.name, found.error().message);
    return;
  }
  receiver.store_failing = false;
  for (auto& request : *found) {
    receiver.fetched = request.sequence;
    // Requested under another configuration.
    if (!request.event.is<WebhookRequested>()) {
      give_up(receiver, request, 0, "its event cannot be read");
      continue;
    }
    auto const why = why_no_webhook({settings}, settings.name, request.event.tenant);
    if (why.empty()) receiver.lane.add(std::move(request), clock_.now());
    else give_up(receiver, request, 0, why);
  }
  receiver.held = receiver.lane.size();
}

void WebhookSender::start(Receiver& receiver) {
  if (stopping_) return;
  for (auto& request : receiver.lane.take(clock_.now())) {
    ++under_way_;
    loop_.spawn("webhook " + receiver.target.settings.name, post(receiver, std::move(request)));
  }
}

net::asio::awaitable<void> WebhookSender::post(Receiver& receiver, WebhookRequest request) {
  auto const& target = receiver.target;
  auto const& id = std::get<WebhookRequested>(request.event.body).id;
  auto body = webhook_body(request.event, target.settings.words);
  // The receiver compares it with its own clock: not ours, which knows nothing of corrections since the start.
  auto const stamp = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch();
  net::Post post{.address = target.address,
                 .path = target.path,
                 .headers = webhook_headers(target.secrets, id, stamp.count(), body),
                 .body = std::move(body)};
  Result<net::PostAnswer> answer = fail("no_answer", "");
  try {
    answer = co_await net::send(loop_, std::move(post), limits::kWebhookTry, limits::kWebhookAnswerBytesMax);
  } catch (std::exception const& error) {
    answer = fail("no_answer", error.what());
  }
  --under_way_;
  WebhookAnswer said;
  if (answer) {
    auto const wall = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    said = {answer->status, read_retry_after(answer->retry_after, wall)};
  }
  auto const why = answer ? fmt::format("status {}", answer->status) : answer.error().message;
  conclude(receiver, request, receiver.lane.answered(request.sequence, said, clock_.now()), why);
  start(receiver);
}

void WebhookSender::conclude(Receiver& receiver, WebhookRequest const& request, WebhookLane::Ruling ruling,
                             std::string const& why) {
  auto const& name = receiver.target.settings.name;
  receiver.held = receiver.lane.size();
  if (ruling.verdict == WebhookVerdict::delivered) {
    queue_.settle(request.sequence, WebhookOutcome::delivered);
    metrics_.count(Counter::webhooks_delivered);
    metrics_.observe(Histogram::webhook, clock_.now() - request.event.time);
    if (std::exchange(receiver.failing, false)) spdlog::info("webhook {}: the receiver takes requests again", name);
    return;
  }
  metrics_.count(Counter::webhook_tries_failed);
  if (ruling.verdict == WebhookVerdict::given_up) return give_up(receiver, request, ruling.tries, why);
  if (!std::exchange(receiver.failing, true)) spdlog::warn("webhook {}: {}; tried again", name, why);
}

// The dead letter: its event stays in the store, found by the id and the call.
void WebhookSender::give_up(Receiver const& receiver, WebhookRequest const& request, int tries,
                            std::string const& why) {
  queue_.settle(request.sequence, WebhookOutcome::given_up);
  metrics_.count(Counter::webhooks_given_up);
  auto const* known = request.event.as<WebhookRequested>();  // none where its row is damaged
  auto const requested = known ? *known : WebhookRequested{};
  spdlog::error("webhook {}: request {} of call {}, rule {}, given up after {} tries: {}",
                receiver.target.settings.name, requested.id, request.event.call, requested.policy, tries, why);
}

}  // namespace sotto::app
