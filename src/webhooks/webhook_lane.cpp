#include "webhooks/webhook_lane.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::app {

WebhookVerdict judge(int status, int tries) {
  if (status >= 200 && status < 300) return WebhookVerdict::delivered;
  // What a wrong secret, a deployment or a log-in page in front answers passes when somebody mends it.
  static constexpr int kPassing[] = {401, 403, 404, 408, 425, 429};
  bool const final = status >= 400 && status < 500 && std::ranges::find(kPassing, status) == std::end(kPassing);
  return final || tries >= limits::kWebhookTriesMax ? WebhookVerdict::given_up : WebhookVerdict::again;
}

std::optional<Duration> read_retry_after(std::string_view header, Time now) {
  Duration rest{};
  std::int64_t seconds = 0;
  auto const [end, failed] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (failed == std::errc::result_out_of_range && !header.starts_with('-')) {
    rest = limits::kWebhookRetryMax;
  } else if (failed == std::errc() && end == header.data() + header.size()) {
    rest = std::chrono::seconds(std::min<std::int64_t>(seconds, limits::kWebhookRetryMax / 1s));
  } else {
    std::tm date{};
    auto const* const rest_of_it = ::strptime(std::string(header).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (!rest_of_it || *rest_of_it) return std::nullopt;
    rest = Time(std::chrono::seconds(::timegm(&date))) - now;
  }
  return std::clamp<Duration>(rest, Duration(0), limits::kWebhookRetryMax);
}

std::size_t WebhookLane::room() const {
  return limits::kWebhookWaitingMax - std::min(waiting_.size(), limits::kWebhookWaitingMax);
}

std::size_t WebhookLane::requested_before(Time then) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(waiting_, [then](auto const& entry) { return entry.second.request.time < then; }));
}

void WebhookLane::add(WebhookRequest request, Time now) {
  auto const sequence = request.sequence;
  waiting_.try_emplace(sequence, Waiting{.request = std::move(request), .due = now});
}

std::vector<WebhookRequest> WebhookLane::take(Time now) {
  std::vector<WebhookRequest> out;
  if (now < rests_until_) return out;
  for (auto& [sequence, waiting] : waiting_) {
    if (out_ >= limits::kWebhookPostsMax) break;
    if (waiting.out || now < waiting.due) continue;
    waiting.out = true;
    ++out_;
    out.push_back(waiting.request);
  }
  return out;
}

WebhookLane::Place WebhookLane::come_back(std::int64_t sequence) {
  auto const found = waiting_.find(sequence);
  CHECK(found != waiting_.end() && found->second.out);
  found->second.out = false;
  --out_;
  return found;
}

void WebhookLane::postponed(std::int64_t sequence, Time now) {
  come_back(sequence)->second.due = now + limits::kWebhookRetryMin;
}

void WebhookLane::drop(std::int64_t sequence) { waiting_.erase(come_back(sequence)); }

WebhookLane::Ruling WebhookLane::answered(std::int64_t sequence, WebhookAnswer const& answer, Time now) {
  auto const found = come_back(sequence);
  auto& waiting = found->second;
  Ruling const ruling{judge(answer.status, ++waiting.tries), waiting.tries};
  if (ruling.verdict == WebhookVerdict::again) {
    waiting.due = now + back_off(waiting.tries);
    if (answer.retry_after) rests_until_ = std::max(rests_until_, now + *answer.retry_after);
  } else {
    waiting_.erase(found);
  }
  return ruling;
}

// Drawn from the upper half of 1 s, 4 s, 16 s ..: what failed together does not come back together. (xorshift64*;
// S. Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2014.)
Duration WebhookLane::back_off(int tries) {
  Duration whole = limits::kWebhookRetryMin;
  for (int i = 1; i < tries && whole < limits::kWebhookRetryMax; ++i) whole *= limits::kWebhookRetryFactor;
  whole = std::min<Duration>(whole, limits::kWebhookRetryMax);
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  auto const drawn = static_cast<double>((random_ * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
  return Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) * (0.5 + drawn / 2)));
}

}  // namespace sotto::app
