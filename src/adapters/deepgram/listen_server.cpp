#include "adapters/deepgram/listen_server.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

namespace sotto::deepgram {

namespace {

constexpr std::int64_t kRate = 16'000;
// One empty final a second: the recogniser decides silence in steps of at most 31 frames of 32 ms.
constexpr std::int64_t kSilenceTold = kRate * 9 / 10;
// Silence behind a cut of continuous speech that counts as its end, where the client does not choose.
constexpr std::int64_t kPauseDefault = kRate / 4;

// More digits say no more.
double rounded(double confidence) { return std::round(confidence * 1e4) / 1e4; }

double seconds(std::int64_t samples) { return static_cast<double>(samples) / kRate; }

bool is_bare(char letter) {
  auto const byte = static_cast<unsigned char>(letter);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

std::string bare_word(std::string_view text) {
  auto const first = std::ranges::find_if(text, is_bare);
  auto const last = std::find_if(text.rbegin(), text.rend(), is_bare);
  if (first == text.end()) return std::string(text);
  // "$20" and "50%" lose their meaning without the sign.
  auto from = first - text.begin();
  auto to = text.rend() - last;
  if (from > 0 && text[from - 1] == '$') --from;
  if (to < std::ssize(text) && text[to] == '%') ++to;
  std::string bare(text.substr(from, to - from));
  for (auto& letter : bare) {
    if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
  }
  return bare;
}

ListenServer::ListenServer(ListenQuery query, int channels, std::string request_id, Parts parts, Time now)
    : query_(std::move(query)),
      request_id_(std::move(request_id)),
      parts_(std::move(parts)),
      opened_at_(now),
      channels_(channels),
      heard_at_(now),
      spoken_at_(now) {
  for (int number = 0; number < channels; ++number) channels_[number].number = number;
}

ListenServer::~ListenServer() = default;

// --- from the client ---

void ListenServer::on_audio(int number, std::span<float const> samples, Time now) {
  if (closed_ || ending_ || samples.empty()) return;
  heard_at_ = now;
  has_audio_ = true;
  auto& channel = channels_.at(number);
  channel.pushed += std::ssize(samples);
  if (channel.finishing) {
    channel.waiting.insert(channel.waiting.end(), samples.begin(), samples.end());
  } else {
    push(channel, samples);
  }
}

void ListenServer::push(Channel& channel, std::span<float const> samples) {
  if (!channel.stream) {
    channel.stream =
        parts_.open(channel.number, [this, &channel](SpeechEvent event) { on_event(channel, std::move(event)); });
  }
  channel.stream->push(channel.pushed - std::ssize(samples), samples);
}

void ListenServer::on_message(ClientMessage const& message, Time now) {
  heard_at_ = now;
  if (closed_ || ending_) return;
  if (std::holds_alternative<CloseStream>(message)) return end(kClosedCode, "", now);
  auto const* finalize = std::get_if<Finalize>(&message);
  if (!finalize) return;
  for (auto& channel : channels_) {
    if (finalize->channel && finalize->channel != channel.number) continue;
    if (channel.finishing && channel.waiting.empty()) continue;  // the one under way answers this one too
    ++channel.finalizes;
    if (!channel.finishing) finish(channel);
  }
}

void ListenServer::finish(Channel& channel) {
  if (!channel.stream) return on_finished(channel);
  channel.finishing = true;
  channel.stream->finish();
}

void ListenServer::end(int code, std::string reason, Time now) {
  if (closed_ || ending_) return;
  ending_ = Ending{code, std::move(reason), now + kEndTimeout};
  for (auto& channel : channels_) {
    if (!channel.finishing && channel.stream) finish(channel);
  }
  check_end();
}

void ListenServer::check_end() {
  if (closed_ || !ending_) return;
  if (std::ranges::any_of(channels_, [](Channel const& channel) { return channel.stream != nullptr; })) return;
  for (auto& channel : channels_) tell_silence(channel);
  parts_.send(parts_.metadata());
  abort(ending_->code, ending_->reason);
}

void ListenServer::abort(int code, std::string reason) {
  if (std::exchange(closed_, true)) return;
  for (auto& channel : channels_) channel.stream.reset();
  parts_.close(code, std::move(reason));
}

// Under load interims are dropped and finals come late: an interim without words says that the audio was heard, so that
// no client takes a busy server for a dead one.
void ListenServer::answer_waiting(Channel& channel) {
  if (!query_.interim_results || channel.finishing) return;
  auto const since = std::max(channel.waiting_for, channel.decided);
  if (channel.pushed - since < kRate) return;
  channel.waiting_for = channel.pushed;
  parts_.send(results(channel, channel.decided, channel.pushed));
}

void ListenServer::tick(Time now) {
  if (closed_) return;
  for (auto& channel : channels_) answer_waiting(channel);
  bool const spoken = std::exchange(spoken_, false);
  if (spoken || backlog() == 0) spoken_at_ = now;
  if (ending_) {
    if (spoken) ending_->deadline = now + kEndTimeout;
    if (now >= ending_->deadline) abort(kTimeoutCode, std::string(kNoText));
    return;
  }
  if (backlog() >= kBacklogMax) heard_at_ = now;  // the client is not read: it cannot be heard
  if (now - spoken_at_ >= kStuckAfter && backlog() > kRate * 12) return abort(kTimeoutCode, std::string(kNoText));
  bool const silent = now - heard_at_ >= kSilentClientAfter || (!has_audio_ && now - opened_at_ >= kSilentClientAfter);
  if (silent) end(kTimeoutCode, std::string(kNoAudio), now);
}

std::int64_t ListenServer::backlog() const {
  std::int64_t most = 0;
  for (auto const& channel : channels_) most = std::max(most, channel.pushed - channel.decided);
  return most;
}

// --- from the recogniser ---

void ListenServer::on_event(Channel& channel, SpeechEvent event) {
  if (closed_) return;
  spoken_ = true;
  std::visit(Overloaded{[&](SpeechPartial const& partial) { on_partial(channel, partial); },
                        [&](SpeechFinal const& final) { on_final(channel, final); },
                        [](SpeechRevised const&) {},  // the protocol has none, and the stream is opened without
                        [&](SpeechSilent const& silent) { on_silent(channel, silent); },
                        [&](SpeechLost const&) { abort(kTimeoutCode, std::string(kNoText)); },
                        [&](SpeechFinished const&) {
                          channel.stream.reset();
                          on_finished(channel);
                        }},
             event);
}

void ListenServer::on_partial(Channel& channel, SpeechPartial const& partial) {
  tell_silence(channel);
  on_words(channel, partial.words);
  if (!query_.interim_results || channel.finishing) return;
  auto interim = results(channel, partial.from, partial.to);
  interim.eager = partial.eager;
  put_words(interim, partial.text, partial.words);
  parts_.send(std::move(interim));
}

void ListenServer::on_final(Channel& channel, SpeechFinal const& final) {
  tell_silence(channel);
  on_words(channel, final.words);
  auto decided = results(channel, final.from, final.to);
  decided.is_final = true;
  decided.speech_final = query_.endpointing && final.reason == FinalReason::endpoint;
  put_words(decided, final.text, final.words);
  decided.no_words = final.words.empty();
  channel.decided = channel.silent_from = final.to;
  channel.awaits_final = !decided.speech_final && (channel.awaits_final || !final.words.empty());
  if (final.reason != FinalReason::limit) channel.started = false;
  tell(channel, std::move(decided));
  if (final.words.empty()) check_utterance_end(channel);
}

void ListenServer::on_silent(Channel& channel, SpeechSilent const& silent) {
  channel.decided = silent.to;
  channel.started = false;
  if (silence_ends(channel) || channel.decided - channel.silent_from >= kSilenceTold) tell_silence(channel);
  check_utterance_end(channel);
}

// Its stream is gone: the Finalize it answers is answered, and what came meanwhile goes to the next one.
void ListenServer::on_finished(Channel& channel) {
  tell_silence(channel);
  channel.finishing = false;
  if (channel.finalizes > 0) {
    // Those that came while the stream finished asked for the audio that waits too.
    channel.finalizes = channel.waiting.empty() ? 0 : channel.finalizes - 1;
    auto last = std::exchange(channel.held, std::nullopt);
    if (!last) {
      last = results(channel, channel.decided, channel.decided);
      last->is_final = true;
    }
    last->from_finalize = true;
    parts_.send(std::move(*last));
  }
  if (!channel.waiting.empty()) {
    auto const waiting = std::exchange(channel.waiting, {});
    push(channel, waiting);
    if (channel.finalizes > 0 || ending_) finish(channel);
  }
  check_end();
}

// --- to the client ---

void ListenServer::on_words(Channel& channel, std::vector<RecognizedWord> const& words) {
  if (words.empty()) return;
  channel.word_end = words.back().to;
  channel.awaits_end = query_.utterance_end_ms.has_value();
  if (std::exchange(channel.started, true) || !query_.vad_events) return;
  parts_.send(SpeechStarted{.channel = channel.number,
                            .channels = static_cast<int>(channels_.size()),
                            .timestamp = seconds(words.front().from)});
}

// The silence behind words that were cut off before their pause.
bool ListenServer::silence_ends(Channel const& channel) const {
  if (!query_.endpointing || !channel.awaits_final) return false;
  auto const wait = query_.endpointing_given ? *query_.endpointing * (kRate / 1000) : kPauseDefault;
  return channel.decided - channel.silent_from >= wait;
}

void ListenServer::tell_silence(Channel& channel) {
  if (channel.decided == channel.silent_from) return;
  auto silence = results(channel, channel.silent_from, channel.decided);
  silence.is_final = true;
  silence.speech_final = silence_ends(channel);
  if (silence.speech_final) channel.awaits_final = false;
  channel.silent_from = channel.decided;
  tell(channel, std::move(silence));
}

// While a Finalize is answered the newest result waits: the last one carries its mark.
void ListenServer::tell(Channel& channel, Results results) {
  if (!channel.finishing || channel.finalizes == 0) return parts_.send(std::move(results));
  if (auto earlier = std::exchange(channel.held, std::move(results))) parts_.send(std::move(*earlier));
}

// Silence is decided up to half a second after it was heard: UtteranceEnd comes that much later than asked for.
void ListenServer::check_utterance_end(Channel& channel) {
  if (!channel.awaits_end || channel.decided - channel.word_end < *query_.utterance_end_ms * (kRate / 1000)) return;
  channel.awaits_end = false;
  parts_.send(UtteranceEnd{.channel = channel.number,
                           .channels = static_cast<int>(channels_.size()),
                           .last_word_end = seconds(channel.word_end)});
}

Results ListenServer::results(Channel const& channel, std::int64_t from, std::int64_t to) const {
  return {.channel = channel.number,
          .channels = static_cast<int>(channels_.size()),
          .start = seconds(from),
          .duration = seconds(to - from),
          .request_id = request_id_,
          .model = parts_.model};
}

// As sure as the recogniser is of each word; of all of them the mean.
void ListenServer::put_words(Results& results, std::string const& text,
                             std::vector<RecognizedWord> const& words) const {
  bool const punctuated = query_.punctuate || query_.smart_format;
  double sure = 0;
  for (auto const& word : words) {
    sure += word.confidence;
    results.words.push_back({.word = bare_word(word.text),
                             .punctuated_word = punctuated ? word.text : "",
                             .start = seconds(word.from),
                             .end = seconds(word.to),
                             .confidence = rounded(word.confidence)});
    if (punctuated) continue;
    results.transcript += (results.transcript.empty() ? "" : " ") + results.words.back().word;
  }
  if (punctuated) results.transcript = text;
  if (!words.empty()) results.confidence = rounded(sure / static_cast<double>(words.size()));
}

}  // namespace sotto::deepgram
