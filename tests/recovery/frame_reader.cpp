#include "recovery/frame_reader.h"

#include <algorithm>
#include <utility>

namespace sotto::recovery {

namespace {

constexpr std::int64_t kSilenceTold = kRate;
constexpr std::int64_t kPause = kRate * 3 / 10;  // silence that ends an utterance

}  // namespace

FrameReader::FrameReader(ReaderOptions options, Executor& executor, Clock const& clock, std::uint64_t seed,
                         std::function<void(SpeechEvent)> sink)
    : options_(options),
      executor_(executor),
      clock_(clock),
      random_(seed),
      sink_(std::make_shared<std::function<void(SpeechEvent)>>(std::move(sink))) {
  cut_after_ = random_.between(kRate / 2, 7 * kRate);
}

void FrameReader::push(std::int64_t from, std::span<float const> samples) {
  if (finished_ || samples.empty()) return;
  if (started_ && from > end_) decide_rest();
  if (!started_ || from > end_) {
    decided_ = end_ = partial_at_ = from;
    runs_.clear();
    started_ = true;
  }
  for (std::size_t at = static_cast<std::size_t>(end_ - from); at < samples.size();) {
    auto to = at + 1;
    while (to < samples.size() && samples[to] == samples[at]) ++to;
    hear(from + static_cast<std::int64_t>(at), from + static_cast<std::int64_t>(to), code_of(samples[at]));
    at = to;
  }
}

void FrameReader::hear(std::int64_t from, std::int64_t to, int code) {
  end_ = to;
  if (!runs_.empty() && runs_.back().code == code) {
    runs_.back().to = to;
    return;
  }
  bool const begins = !runs_.empty();
  if (begins) runs_.back().ends = true;
  runs_.push_back({from, to, code, begins, false});
}

void FrameReader::finish() {
  if (std::exchange(finished_, true)) return;
  if (started_) decide_rest();
  say(SpeechFinished{});
}

void FrameReader::step() {
  if (started_ && !finished_) decide_ready();
  while (!due_.empty() && due_.front().at <= clock_.now()) {
    // Whoever destroyed the stream hears no more of it.
    executor_.post([outlet = std::weak_ptr(sink_), event = std::move(due_.front().event)] {
      if (auto const sink = outlet.lock()) (*sink)(event);
    });
    due_.pop_front();
  }
}

void FrameReader::say(SpeechEvent event) {
  if (dead_) return;
  dead_ = std::holds_alternative<SpeechLost>(event) || std::holds_alternative<SpeechFinished>(event);
  auto const at = std::max(clock_.now() + options_.think, due_.empty() ? Time{} : due_.back().at);
  due_.push_back({at, std::move(event)});
}

void FrameReader::decide_ready() {
  while (decided_ < end_) {
    // What lies before the first word is silence, told once a second or when the words begin.
    auto const voice = std::ranges::find_if(runs_, [&](Run const& run) { return run.code != 0 && run.to > decided_; });
    auto const quiet_to = voice == runs_.end() ? end_ : std::max(decided_, voice->from);
    if (quiet_to > decided_) {
      if (voice == runs_.end() && quiet_to - decided_ < kSilenceTold) return;
      decide_to(quiet_to, FinalReason::endpoint);
      continue;
    }
    // A pause behind the words ends them; else they are cut where chance says, once a little more was heard.
    auto const hush = std::find_if(voice, runs_.end(), [&](Run const& run) {
      return run.code == 0 && run.to - run.from >= kPause && run.from > decided_;
    });
    auto const cut = decided_ + cut_after_;
    if (hush != runs_.end() && hush->from + kPause / 2 < cut) {
      decide_to(hush->from + (random_.chance(50) ? 0 : random_.below(kPause)), FinalReason::endpoint);
    } else if (end_ >= cut + kRate / 5) {
      decide_to(cut, FinalReason::limit);
    } else {
      break;
    }
  }
  if (end_ - partial_at_ >= kRate * 9 / 10) partial();
}

void FrameReader::partial() {
  partial_at_ = end_;
  auto words = words_in(decided_, end_);
  if (words.empty()) return;
  SpeechPartial out{.from = decided_, .to = end_, .text = {}, .words = std::move(words), .audio_at = clock_.now()};
  for (auto const& word : out.words) out.text += (out.text.empty() ? "" : " ") + word.text;
  say(std::move(out));
}

// Ends on the frames' own grid, which the runs show, or anywhere.
void FrameReader::decide_to(std::int64_t to, FinalReason reason) {
  if (!options_.ragged && to < end_) {
    auto const cut = std::ranges::find_if(runs_, [&](Run const& run) { return run.to > to; });
    if (cut->code != 0 && cut->from > decided_) to = cut->from;
    else if (cut->code != 0) to = cut->to;
    else to = cut->from + (to - cut->from) / kFrameSamples * kFrameSamples;
    if (to <= decided_) to = std::min(end_, cut->to);
  }
  auto words = words_in(decided_, to);
  auto const from = std::exchange(decided_, to);
  cut_after_ = random_.between(kRate / 2, 7 * kRate);
  partial_at_ = std::max(partial_at_, to);
  while (!runs_.empty() && runs_.front().to <= decided_ && runs_.size() > 1) runs_.pop_front();
  if (words.empty()) return say(SpeechSilent{from, to});
  SpeechFinal out{.from = from, .to = to, .text = {}, .words = std::move(words)};
  for (auto const& word : out.words) out.text += (out.text.empty() ? "" : " ") + word.text;
  out.speech_end = out.words.back().to;
  out.reason = reason;
  say(std::move(out));
}

void FrameReader::decide_rest() {
  decide_ready();
  if (end_ > decided_) decide_to(end_, FinalReason::finish);
}

std::vector<RecognizedWord> FrameReader::words_in(std::int64_t from, std::int64_t to) const {
  std::vector<RecognizedWord> words;
  for (auto const& run : runs_) {
    if (run.code == 0) continue;
    auto const length = run.to - run.from;
    auto const middle = run.begins ? run.from + kFrameSamples / 2 : run.to - kFrameSamples / 2;
    if (middle < from || middle >= to) continue;
    auto text = word_of(run.code);
    // A frame that is whole and has not its length: audio was left out or said twice.
    if (run.begins && run.ends && length != kFrameSamples) text += "!" + std::to_string(length);
    words.push_back({.text = std::move(text),
                     .from = std::max(run.from, from),
                     .to = std::min(run.begins ? run.from + kFrameSamples : run.to, to),
                     .estimated = false});
  }
  return words;
}

// --- in the process ---

class FrameEngine::Stream final : public RecognizerStream {
 public:
  Stream(FrameEngine& owner, std::unique_ptr<FrameReader> reader) : owner_(owner), reader_(std::move(reader)) {
    owner_.streams_.push_back(this);
  }
  ~Stream() override { std::erase(owner_.streams_, this); }
  void push(std::int64_t from, std::span<float const> samples) override { reader_->push(from, samples); }
  void finish() override { reader_->finish(); }
  FrameReader& reader() { return *reader_; }

 private:
  FrameEngine& owner_;
  std::unique_ptr<FrameReader> reader_;
};

std::unique_ptr<RecognizerStream> FrameEngine::open(std::function<void(SpeechEvent)> sink, StreamHints const&) {
  ++opened_;
  auto reader = std::make_unique<FrameReader>(options_, executor_, clock_, random_.seed(), std::move(sink));
  if (failing || refusing) reader->lose("the test wants it so", refusing);
  return std::make_unique<Stream>(*this, std::move(reader));
}

void FrameEngine::step() {
  for (auto* stream : streams_) stream->reader().step();
}

void FrameEngine::lose_all(std::string const& reason) {
  for (auto* stream : streams_) stream->reader().lose(reason);
}

}  // namespace sotto::recovery
