// A Recognizer that plays recorded hypotheses: what was said, of which stretch of a track's audio, and when. It keeps
// the port's contract: nothing is said of audio it has not been given, what nothing is recorded of is silence, told at
// least once a second, and a stream that is opened again after a loss says again what is not yet decided.
// The port does not name the track; the sign of the audio does: a customer's samples are below zero, an agent's above.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "call/track.h"
#include "ports/recognizer.h"
#include "support/scripted_recognizer.h"

namespace sotto {

struct PlayedHypothesis {
  Time at;                        // when it is said
  std::int64_t from = 0, to = 0;  // 16 kHz samples of its track
  std::string text;               // a final without text: voiced, but no words
  enum class Kind { final, partial, revised } kind = Kind::final;
  bool said = false;
};

class PlayedRecognizer final : public Recognizer {
 public:
  PlayedRecognizer(Executor& executor, Clock const& clock) : executor_(executor), clock_(clock) {}

  // In the order they are said, for each track.
  std::array<std::vector<PlayedHypothesis>, 2> recorded;
  bool down = false;  // every stream that is opened is lost at once

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamHints const& hints = {}) override;
  bool up() const override { return !down; }

  // Says what is due. Call it as time passes.
  void play();
  void lose_all(std::string const& reason);

 private:
  class Stream;
  // Outlives its stream, so that what was posted finds out whether somebody still listens.
  struct Outlet {
    std::function<void(SpeechEvent)> sink;
    Stream* stream = nullptr;
  };

  Executor& executor_;
  Clock const& clock_;
  std::vector<Stream*> streams_;
};

class PlayedRecognizer::Stream final : public RecognizerStream {
 public:
  Stream(PlayedRecognizer& owner, std::function<void(SpeechEvent)> sink)
      : owner_(owner), outlet_(std::make_shared<Outlet>(Outlet{std::move(sink), this})) {
    owner_.streams_.push_back(this);
  }
  ~Stream() override {
    outlet_->stream = nullptr;
    std::erase(owner_.streams_, this);
  }

  void push(std::int64_t from, std::span<float const> samples) override {
    if (!started_) track_ = std::accumulate(samples.begin(), samples.end(), 0.0f) < 0 ? Track::customer : Track::agent;
    if (started_ && from > end_) decide_rest();
    if (!started_ || from > end_) begin_at(from);
    started_ = true;
    end_ = from + static_cast<std::int64_t>(samples.size());
  }

  void finish() override {
    if (started_) decide_rest();
    emit(SpeechFinished{});
  }

  void play() {
    auto& list = owner_.recorded[index(track_)];
    for (; started_ && next_ < list.size(); ++next_) {
      auto& next = list[next_];
      if (next.at > owner_.clock_.now() || next.to > end_) break;
      say(next);
    }
    if (!started_) return;
    // Silence until the words that are still to come; told at the latest when they begin.
    auto const next = std::find_if(list.begin() + static_cast<long>(next_), list.end(),
                                   [](auto const& one) { return one.kind != Kind::revised; });
    auto const voiced = next != list.end() ? std::max(next->from, decided_) : INT64_MAX;
    while (std::min(end_, voiced) - decided_ >= kSecond) silent(decided_ + kSecond);
    if (voiced <= end_) silent(voiced);
  }

  void emit(SpeechEvent event) {
    if (dead_) return;
    dead_ = std::holds_alternative<SpeechLost>(event) || std::holds_alternative<SpeechFinished>(event);
    owner_.executor_.post([outlet = outlet_, event = std::move(event)] {
      if (outlet->stream) outlet->sink(event);
    });
  }

 private:
  static constexpr std::int64_t kSecond = 16000;
  using Kind = PlayedHypothesis::Kind;

  void begin_at(std::int64_t from) {
    decided_ = from;
    auto const& list = owner_.recorded[index(track_)];
    next_ = static_cast<std::size_t>(std::ranges::find_if(list, [&](auto const& one) { return one.to > from; }) -
                                     list.begin());
  }

  void silent(std::int64_t to) {
    if (to > decided_) emit(SpeechSilent{std::exchange(decided_, to), to});
  }

  void say(PlayedHypothesis& one, FinalReason reason = FinalReason::endpoint) {
    if (one.kind == Kind::revised) {
      if (std::exchange(one.said, true)) return;
      return emit(SpeechRevised{one.from, one.to, one.text, words_of(one.text, one.from, one.to)});
    }
    if (one.to <= decided_) return;
    if (one.kind == Kind::partial) {
      if (std::exchange(one.said, true)) return;  // a stream that hears again makes partials of its own
      auto words = words_of(one.text, one.from, one.to);
      return emit(SpeechPartial{.from = one.from, .to = one.to, .text = one.text, .words = std::move(words)});
    }
    one.said = true;
    silent(one.from);
    emit(SpeechFinal{.from = std::exchange(decided_, one.to),
                     .to = one.to,
                     .text = one.text,
                     .words = words_of(one.text, one.from, one.to),
                     .speech_end = one.to,
                     .reason = reason});
  }

  // The audio ends here: what was recorded of it is said now, whenever it was to be said; the rest is silence.
  void decide_rest() {
    auto& list = owner_.recorded[index(track_)];
    for (; next_ < list.size() && list[next_].to <= end_; ++next_) {
      if (list[next_].kind == Kind::final) say(list[next_], FinalReason::finish);
    }
    silent(end_);
  }

  PlayedRecognizer& owner_;
  std::shared_ptr<Outlet> const outlet_;
  Track track_ = Track::customer;
  bool started_ = false, dead_ = false;
  std::size_t next_ = 0;  // of what is recorded of the track
  std::int64_t decided_ = 0, end_ = 0;
};

inline std::unique_ptr<RecognizerStream> PlayedRecognizer::open(std::function<void(SpeechEvent)> sink,
                                                                StreamHints const&) {
  auto stream = std::make_unique<Stream>(*this, std::move(sink));
  if (down) stream->emit(SpeechLost{"the recogniser is down"});
  return stream;
}

inline void PlayedRecognizer::play() {
  for (auto* stream : streams_) stream->play();
}

inline void PlayedRecognizer::lose_all(std::string const& reason) {
  for (auto* stream : streams_) stream->emit(SpeechLost{reason});
}

}  // namespace sotto
