// A Recognizer without models that cuts where the script says, the second adapter behind the port. Tests may also
// inject events into a stream directly, or lose it. Single-threaded: events go through the executor.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "ports/recognizer.h"

namespace sotto {

// [length in samples]; an empty text is silence. The script starts anew when it is used up.
struct ScriptedInterval {
  std::int64_t length = 0;
  std::string text;
};

// The words of `text`, spread evenly over [from, to).
inline std::vector<RecognizedWord> words_of(std::string const& text, std::int64_t from, std::int64_t to) {
  std::vector<RecognizedWord> words;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find(' ', at), text.size());
    words.push_back({.text = text.substr(at, end - at)});
    at = end + 1;
  }
  auto const count = static_cast<std::int64_t>(words.size());
  for (std::int64_t word = 0; word < count; ++word) {
    words[word].from = from + (to - from) * word / count;
    words[word].to = from + (to - from) * (word + 1) / count;
  }
  return words;
}

class ScriptedStream final : public RecognizerStream {
 public:
  struct Outlet {
    std::function<void(SpeechEvent)> sink;
    ScriptedStream* stream = nullptr;  // null once destroyed
  };

  ScriptedStream(std::vector<ScriptedInterval> script, Executor& executor, std::function<void(SpeechEvent)> sink)
      : script_(std::move(script)),
        executor_(executor),
        outlet_(std::make_shared<Outlet>(Outlet{std::move(sink), this})) {}
  ~ScriptedStream() override { outlet_->stream = nullptr; }

  void push(std::int64_t from, std::span<float const> samples) override {
    if (!started_ || from > end_) {
      if (started_) decide_rest();
      started_ = true;
      decided_ = from;
    }
    end_ = from + static_cast<std::int64_t>(samples.size());
    pushed.emplace_back(from, end_);
    while (!script_.empty() && end_ - decided_ >= next().length) {
      decide(decided_ + next().length, FinalReason::endpoint);
    }
  }

  void finish() override {
    if (started_) decide_rest();
    emit(SpeechFinished{});
  }

  void expect(StreamHints const& hints) override { expected.push_back(hints); }

  // Straight from the test.
  void emit(SpeechEvent event) {
    if (dead_) return;
    dead_ = std::holds_alternative<SpeechLost>(event) || std::holds_alternative<SpeechFinished>(event);
    executor_.post([outlet = outlet_, event = std::move(event)] {
      if (outlet->stream) outlet->sink(event);
    });
  }
  void lose(std::string reason) { emit(SpeechLost{std::move(reason)}); }

  std::vector<std::pair<std::int64_t, std::int64_t>> pushed;  // [from, to) of every push
  std::vector<StreamHints> expected;                          // told since it was opened

 private:
  ScriptedInterval const& next() const { return script_[index_ % script_.size()]; }

  void decide_rest() {
    if (end_ > decided_) decide(end_, FinalReason::finish);
  }

  void decide(std::int64_t to, FinalReason reason) {
    auto const text = script_.empty() ? std::string() : next().text;
    ++index_;
    auto const from = std::exchange(decided_, to);
    if (text.empty()) return emit(SpeechSilent{from, to});
    emit(SpeechFinal{
        .from = from, .to = to, .text = text, .words = words_of(text, from, to), .speech_end = to, .reason = reason});
  }

  // Given.
  std::vector<ScriptedInterval> const script_;
  Executor& executor_;
  std::shared_ptr<Outlet> const outlet_;
  // State.
  std::size_t index_ = 0;
  bool started_ = false;
  bool dead_ = false;
  std::int64_t decided_ = 0;
  std::int64_t end_ = 0;
};

class ScriptedRecognizer final : public Recognizer {
 public:
  // Without a script nothing is decided before finish(): then tests emit what they want to see.
  explicit ScriptedRecognizer(Executor& executor, std::vector<ScriptedInterval> script = {})
      : executor_(executor), script_(std::move(script)) {}

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink,
                                         StreamHints const& given = {}) override {
    hints.push_back(given);
    auto stream = std::make_unique<ScriptedStream>(script_, executor_, std::move(sink));
    streams.push_back(stream.get());
    return stream;
  }
  bool up() const override { return serving; }

  std::vector<StreamHints> hints;        // of the streams
  std::vector<ScriptedStream*> streams;  // in the order opened; dangling once their owner destroyed them
  bool serving = true;

 private:
  Executor& executor_;
  std::vector<ScriptedInterval> const script_;
};

}  // namespace sotto
