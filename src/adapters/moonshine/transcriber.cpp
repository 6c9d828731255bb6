#include "adapters/moonshine/transcriber.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace sotto {

namespace {
constexpr std::size_t kChunk = 16000;
// Audio pushed ahead of the decided prefix: enough to keep all workers busy, far below what a stream may hold.
constexpr std::int64_t kAheadMax = 60 * 16000;
}  // namespace

// The executor of the recogniser: its tasks run where transcribe() waits for them.
class Transcriber::Tasks final : public Executor {
 public:
  void post(std::function<void()> task) override {
    {
      Lock lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    arrived_.notify_one();
  }

  void run_one() { take()(); }

 private:
  std::function<void()> take() {
    Lock lock(mutex_);
    while (tasks_.empty()) arrived_.wait(mutex_);
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  Mutex mutex_;
  Condition arrived_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
};

Transcriber::Transcriber() : tasks_(std::make_unique<Tasks>()) {}
Transcriber::~Transcriber() = default;

Result<std::unique_ptr<Transcriber>> Transcriber::make(MoonshineOptions options, Clock const& clock) {
  std::unique_ptr<Transcriber> transcriber(new Transcriber);
  auto& segmenter = options.segmenter;
  segmenter.wait_finished = segmenter.wait_open;
  auto recognizer = MoonshineRecognizer::make(std::move(options), *transcriber->tasks_, clock);
  if (!recognizer) return std::unexpected(recognizer.error());
  transcriber->recognizer_ = std::move(*recognizer);
  return transcriber;
}

Result<Transcriber::Transcript> Transcriber::transcribe(std::span<float const> samples) {
  Transcript out;
  auto& finals = out.finals;
  std::optional<std::string> lost;
  bool finished = false;
  std::int64_t decided = 0;
  auto const stream = recognizer_->open([&](SpeechEvent event) {
    if (auto* final = std::get_if<SpeechFinal>(&event)) {
      decided = final->to;
      (final->text.empty() ? out.unheard : finals).push_back(std::move(*final));
    } else if (auto* revised = std::get_if<SpeechRevised>(&event)) {
      auto const corrected = std::ranges::find(finals, revised->from, &SpeechFinal::from);
      if (corrected == finals.end()) return;
      corrected->text = std::move(revised->text);
      corrected->words = std::move(revised->words);
    } else if (auto const* silent = std::get_if<SpeechSilent>(&event)) {
      decided = silent->to;
    } else if (auto const* reason = std::get_if<SpeechLost>(&event)) {
      lost = reason->reason;
    } else if (std::holds_alternative<SpeechFinished>(event)) {
      finished = true;
    }
  });
  for (std::size_t at = 0; at < samples.size() && !lost; at += kChunk) {
    stream->push(static_cast<std::int64_t>(at), samples.subspan(at, std::min(kChunk, samples.size() - at)));
    while (!lost && static_cast<std::int64_t>(at) - decided > kAheadMax) tasks_->run_one();
  }
  stream->finish();
  while (!finished && !lost) tasks_->run_one();
  if (lost) return fail("recognizer_lost", *lost);
  return out;
}

}  // namespace sotto
