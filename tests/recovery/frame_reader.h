// A recogniser that reads the numbers hidden in the audio (frame_code.h): its words are exactly what it was given. It
// cuts where chance says: finals of 0.5 to 7 s, at a pause or in the middle of speech, partials about every second,
// silence about once a second. A frame is a word of the interval that holds its middle. Time comes by step().
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "ports/recognizer.h"
#include "recovery/frame_code.h"

namespace sotto::recovery {

struct ReaderOptions {
  // Cuts anywhere, as recognisers do whose own frames are of another length; false: between frames.
  bool ragged = false;
  Duration think = 30ms;  // from the sample that makes a decision possible to the decision
};

class FrameReader final : public RecognizerStream {
 public:
  FrameReader(ReaderOptions options, Executor& executor, Clock const& clock, std::uint64_t seed,
              std::function<void(SpeechEvent)> sink);

  void push(std::int64_t from, std::span<float const> samples) override;
  void finish() override;
  // Says what is due.
  void step();
  void lose(std::string reason, bool refused = false) { say(SpeechLost{std::move(reason), refused}); }
  // Slower from now on.
  void think_for(Duration time) { options_.think = time; }

 private:
  struct Run {
    std::int64_t from = 0, to = 0;
    int code = 0;
    bool begins = false, ends = false;  // heard to begin, to end: else the stream was cut there
  };
  struct Due {
    Time at;
    SpeechEvent event;
  };

  void hear(std::int64_t from, std::int64_t to, int code);
  void decide_ready();
  void decide_to(std::int64_t to, FinalReason reason);
  void decide_rest();
  void partial();
  std::vector<RecognizedWord> words_in(std::int64_t from, std::int64_t to) const;
  void say(SpeechEvent event);

  // Given.
  ReaderOptions options_;
  Executor& executor_;
  Clock const& clock_;
  Random random_;
  std::shared_ptr<std::function<void(SpeechEvent)>> const sink_;
  // State.
  bool started_ = false, finished_ = false, dead_ = false;
  std::int64_t decided_ = 0, end_ = 0;
  std::deque<Run> runs_;  // undecided, and what of the last decided one reaches beyond
  std::int64_t cut_after_ = 0;
  std::int64_t partial_at_ = 0;
  std::deque<Due> due_;
};

// The same as an engine in the process: no network.
class FrameEngine final : public Recognizer {
 public:
  FrameEngine(ReaderOptions options, Executor& executor, Clock const& clock, std::uint64_t seed)
      : options_(options), executor_(executor), clock_(clock), random_(seed) {}

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamHints const& hints = {}) override;
  bool up() const override { return serving; }
  void step();
  void lose_all(std::string const& reason);
  int opened() const { return opened_; }

  bool serving = true;
  bool failing = false;   // every stream is lost at once
  bool refusing = false;  // the same, and says that it will be so again

 private:
  class Stream;
  ReaderOptions const options_;
  Executor& executor_;
  Clock const& clock_;
  Random random_;
  std::vector<Stream*> streams_;
  int opened_ = 0;
};

}  // namespace sotto::recovery
