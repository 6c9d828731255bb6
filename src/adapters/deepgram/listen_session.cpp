#include "adapters/deepgram/listen_session.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "call/audio.h"

namespace sotto::deepgram {

namespace {

constexpr std::int64_t kRate = 16000;
// Finals that should follow one another may miss by the rounding of their seconds.
constexpr std::int64_t kRounding = kRate / 50;
// Voice stands out of the background by this factor (12 dB).
constexpr double kVoiceFactor = 4.0;

// Confidence of a word whose times are ours.
constexpr double kGuessed = -1;

// A server that says a transcript without words: they share its time by their length.
Results with_words(Results results) {
  std::size_t at = 0;
  auto const letters = static_cast<double>(results.transcript.size());
  auto const time = [&](std::size_t letter) {
    return results.start + results.duration * static_cast<double>(letter) / letters;
  };
  while ((at = results.transcript.find_first_not_of(' ', at)) != std::string::npos) {
    auto const end = std::min(results.transcript.find(' ', at), results.transcript.size());
    results.words.push_back({.word = results.transcript.substr(at, end - at),
                             .punctuated_word = {},
                             .start = time(at),
                             .end = time(end),
                             .confidence = kGuessed,
                             .speaker = {}});
    at = end;
  }
  if (results.words.empty()) results.transcript.clear();
  return results;
}

std::string joined(std::vector<RecognizedWord> const& words) {
  std::string text;
  for (auto const& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

std::int64_t to_samples(double seconds) { return std::llround(seconds * kRate); }

}  // namespace

// --- the owner's side ---

void ListenSession::push(std::int64_t from, std::span<float const> samples) {
  if (over_ || finishing_ || samples.empty()) return;
  auto const expected = anchors_.empty() ? from : position_of(queued_);
  if (anchors_.empty() || from > expected) anchors_.push_back({queued_, from});
  auto const known = std::max<std::int64_t>(0, expected - from);
  if (known >= static_cast<std::int64_t>(samples.size())) return;
  auto const fresh = samples.subspan(known);
  for (auto const sample : fresh) {
    unsent_.push_back(static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0f, 1.0f) * 32767)));
  }
  queued_ += static_cast<std::int64_t>(fresh.size());
  // The quiet minimum follows the background up slowly and down at once.
  auto const loud = rms(fresh);
  if (loud > floor_ * kVoiceFactor && loud > 0.004) voiced_.push_back({queued_, Time::max()});
  floor_ = std::clamp(loud < floor_ ? loud : floor_ * 1.005, 0.0005, 0.05);
}

std::vector<SpeechEvent> ListenSession::take_events() { return std::exchange(events_, {}); }

// --- the connection's side ---

void ListenSession::on_open(Time now) {
  open_ = true;
  sent_at_ = took_at_ = paced_to_ = now;
}

void ListenSession::on_refused(int status, std::string const& why) {
  // 408, 425 and 429 pass; the other 4xx will be the same the next time.
  bool const passing = status == 408 || status == 425 || status == 429;
  lose(fmt::format("refused with {}: {}", status, why), status >= 400 && status < 500 && !passing);
}

void ListenSession::on_closed(int code, std::string const& why) {
  if (over_) return;
  if (closing_ && code == 1000) return close_out();
  lose(fmt::format("closed with {} {}", code, why));
}

void ListenSession::on_text(std::string_view text) {
  if (over_) return;
  auto const message = parse_server_message(text);
  if (!message) return lose("said what cannot be read: " + message.error().message);
  if (auto const* results = std::get_if<Results>(&*message)) {
    on_results(*results);
  } else if (auto const* metadata = std::get_if<Metadata>(&*message)) {
    request_id_ = metadata->request_id;
  }
}

std::optional<ListenSession::Message> ListenSession::next_message(Time now) {
  if (!open_ || over_) return std::nullopt;
  took_at_ = now;
  if (finalized_ < anchors_.size() && sent_ == anchors_[finalized_].at) {
    ++finalized_;
    sent_at_ = now;
    return Message{to_text(ClientMessage(Finalize{})), false};
  }
  auto const piece = finalized_ < anchors_.size() ? anchors_[finalized_].at - sent_ : INT64_MAX;
  auto const waiting = static_cast<std::int64_t>(unsent_.size());
  auto const chunk = options_.chunk.count() * kRate / 1'000'000;
  auto const ready = std::min({waiting, chunk, piece, sendable(now)});
  // A short chunk only where nothing more belongs to it.
  if (ready == chunk || (ready > 0 && (ready == piece || (finishing_ && ready == waiting)))) {
    return take_chunk(ready, now);
  }
  if (finishing_ && waiting == 0 && !closing_) {
    closing_ = true;
    closing_since_ = now;
    return Message{to_text(ClientMessage(CloseStream{})), false};
  }
  if (!closing_ && now - sent_at_ >= options_.keep_alive) {
    sent_at_ = now;
    return Message{to_text(ClientMessage(KeepAlive{})), false};
  }
  return std::nullopt;
}

ListenSession::Message ListenSession::take_chunk(std::int64_t samples, Time now) {
  std::string bytes(static_cast<std::size_t>(samples) * 2, '\0');
  for (std::int64_t at = 0; at < samples; ++at) {
    std::memcpy(bytes.data() + at * 2, &unsent_[static_cast<std::size_t>(at)], 2);
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + samples);
  sent_ += samples;
  sent_at_ = now;
  auto const paced = static_cast<double>(samples) / kRate / options_.pace;
  paced_to_ = std::max(paced_to_, now) + Duration(static_cast<std::int64_t>(paced * 1e6));
  for (auto& voiced : voiced_) {
    if (voiced.to <= sent_ && voiced.sent == Time::max()) voiced.sent = now;
  }
  return {std::move(bytes), true};
}

// The provider takes `pace` seconds of audio a second, and `burst` at once (a token bucket, in the form of the generic
// cell rate algorithm; ITU-T I.371).
std::int64_t ListenSession::sendable(Time now) const {
  auto const free = now + options_.burst - std::max(paced_to_, now);
  return std::max<std::int64_t>(0, to_samples(static_cast<double>(free.count()) / 1e6 * options_.pace));
}

Time ListenSession::next_wake() const {
  if (!open_ || over_) return Time::max();
  if (finishing_ && unsent_.empty() && !closing_) return sent_at_;  // CloseStream waits for nothing
  auto wake = sent_at_ + options_.keep_alive;
  if (!unsent_.empty()) {
    auto const chunk = static_cast<double>(options_.chunk.count()) / options_.pace;
    wake = std::min(wake, paced_to_ + Duration(static_cast<std::int64_t>(chunk) + 1) - options_.burst);
  }
  return wake;
}

void ListenSession::tick(Time now) {
  if (over_) return;
  if (!open_) {
    if (now - opened_ >= options_.open_within) lose("did not answer the handshake");
    return;
  }
  if (closing_ && now - closing_since_ >= options_.close_within) return lose("did not close after CloseStream");
  bool const due = !unsent_.empty() && sendable(now) > 0 && next_wake() <= now;
  if (due && now - took_at_ >= options_.send_within) return lose("takes no more data");
  if (voiced_.empty() || closing_) return;
  auto const& oldest = voiced_.front();
  if (oldest.sent != Time::max() && now - oldest.sent >= options_.answer_within) {
    lose(fmt::format("no result for {} ms of voice", (now - oldest.sent).count() / 1000));
  }
}

// --- what the server heard ---

void ListenSession::on_results(Results const& results) {
  auto const to = std::min(to_samples(results.start + results.duration), sent_);
  if (!results.request_id.empty()) request_id_ = results.request_id;
  while (!voiced_.empty() && voiced_.front().to <= to + kRounding) voiced_.pop_front();
  if (results.words.empty() && !results.transcript.empty()) return on_results(with_words(results));
  if (!results.is_final) return emit_partial(to, results);
  auto const from = to_samples(results.start);
  if (to <= decided_) return;
  if (from > decided_ + kRounding) emit_decided(decided_, std::min(from, to), Results{.speech_final = true});
  decide(to, results);
}

void ListenSession::decide(std::int64_t to, Results const& results) {
  // A final never spans a discontinuity: each piece gets its own words.
  while (decided_ < to) {
    auto const end = std::min(to, end_of_piece(decided_));
    if (results.transcript.empty() && !results.no_words) {
      events_.push_back(SpeechSilent{position_of(decided_), position_of(decided_) + (end - decided_)});
      decided_ = end;
    } else {
      emit_decided(decided_, end, results);
    }
  }
}

void ListenSession::emit_decided(std::int64_t from, std::int64_t to, Results const& results) {
  while (from < to) {
    auto const end = std::min(to, end_of_piece(from));
    SpeechFinal final{.from = position_of(from),
                      .to = position_of(from) + (end - from),
                      .text = {},
                      .words = words_in(results, from, end)};
    final.text = joined(final.words);
    final.speech_end = final.words.empty() ? final.to : std::min(final.to, final.words.back().to);
    final.reason = results.from_finalize  ? FinalReason::finish
                   : results.speech_final ? FinalReason::endpoint
                                          : FinalReason::limit;
    events_.push_back(std::move(final));
    decided_ = from = end;
  }
}

void ListenSession::emit_partial(std::int64_t to, Results const& results) {
  if (results.transcript.empty() || to <= decided_) return;
  // What lies behind a discontinuity is shown when everything before it is decided: no hypothesis spans a hole.
  auto const told_to = std::exchange(to, std::min(to, end_of_piece(decided_)));
  auto words = words_in(results, decided_, to);
  SpeechPartial partial{
      .from = position_of(decided_), .to = position_of(to - 1) + 1, .text = {}, .words = std::move(words)};
  partial.text = joined(partial.words);
  partial.eager = results.eager && to == told_to;
  if (!partial.text.empty()) events_.push_back(std::move(partial));
}

// The words whose middle lies in [from, to); the first piece also takes what begins earlier.
std::vector<RecognizedWord> ListenSession::words_in(Results const& results, std::int64_t from, std::int64_t to) const {
  std::vector<RecognizedWord> words;
  for (auto const& word : results.words) {
    auto const start = to_samples(word.start), end = std::max(start, to_samples(word.end));
    auto const middle =
        std::clamp((start + end) / 2, to_samples(results.start), to_samples(results.start + results.duration) - 1);
    if (middle < from || middle >= to) continue;
    auto const base = position_of(from) - from;
    bool const guessed = word.confidence == kGuessed;
    words.push_back({.text = word.punctuated_word.empty() ? word.word : word.punctuated_word,
                     .from = base + std::clamp(start, from, to),
                     .to = base + std::clamp(end, from, to),
                     .estimated = guessed,
                     .confidence = guessed ? 1 : static_cast<float>(word.confidence),
                     .speaker = word.speaker});
  }
  return words;
}

// The server heard everything and closed: what it left undecided at the very end is rounding, or was not heard.
void ListenSession::close_out() {
  if (queued_ - decided_ > kRounding) return lose("closed before everything was decided");
  if (queued_ > decided_) {
    events_.push_back(SpeechSilent{position_of(decided_), position_of(decided_) + (queued_ - decided_)});
    decided_ = queued_;
  }
  events_.push_back(SpeechFinished{});
  over_ = true;
}

void ListenSession::lose(std::string reason, bool refused) {
  if (over_) return;
  over_ = true;
  events_.push_back(SpeechLost{std::move(reason), refused});
}

std::int64_t ListenSession::position_of(std::int64_t at) const {
  CHECK(!anchors_.empty());
  auto anchor = anchors_.rbegin();
  while (anchor->at > at && std::next(anchor) != anchors_.rend()) ++anchor;
  return anchor->position + (at - anchor->at);
}

std::int64_t ListenSession::end_of_piece(std::int64_t at) const {
  for (auto const& anchor : anchors_) {
    if (anchor.at > at) return anchor.at;
  }
  return INT64_MAX;
}

}  // namespace sotto::deepgram
