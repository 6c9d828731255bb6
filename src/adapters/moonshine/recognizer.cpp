#include "adapters/moonshine/recognizer.h"

#include <array>
#include <utility>

#include "adapters/moonshine/confidence.h"
#include "adapters/moonshine/speech_engine.h"
#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

class MoonshineStream final : public RecognizerStream {
 public:
  MoonshineStream(std::shared_ptr<SpeechEngine> engine, std::function<void(SpeechEvent)> sink,
                  StreamOptions const& options)
      : MoonshineStream(std::move(engine), std::move(sink)) {
    track_ = engine_->open(outlet_, options);
  }
  MoonshineStream(std::shared_ptr<SpeechEngine> engine, std::function<void(SpeechEvent)> sink, StreamHints const& hints)
      : MoonshineStream(std::move(engine), std::move(sink)) {
    track_ = engine_->open(outlet_, hints);
  }
  ~MoonshineStream() override {
    outlet_->open = false;
    engine_->close(track_);
  }

  void push(std::int64_t from, std::span<float const> samples) override { engine_->push(track_, from, samples); }
  void finish() override { engine_->finish(track_); }
  void expect(StreamHints const& hints) override { engine_->expect(track_, hints.keyterms); }

 private:
  MoonshineStream(std::shared_ptr<SpeechEngine> engine, std::function<void(SpeechEvent)> sink)
      : engine_(std::move(engine)), outlet_(std::make_shared<SpeechOutlet>()) {
    outlet_->sink = std::move(sink);
  }

  std::shared_ptr<SpeechEngine> engine_;
  std::shared_ptr<SpeechOutlet> outlet_;
  std::uint64_t track_ = 0;
};

// Voiced spans of a whole recording; the last part of a frame counts as the frame before it.
Result<std::vector<Span>> voiced_spans(SileroVad const& vad, std::span<float const> samples, float threshold) {
  std::vector<Span> spans;
  VadState state;
  for (std::size_t at = 0; at + kVadFrame <= samples.size(); at += kVadFrame) {
    std::array lanes{VadLane{.state = &state, .frame = samples.subspan(at).first<kVadFrame>()}};
    if (auto const ran = vad.run(lanes); !ran) return std::unexpected(ran.error());
    if (lanes[0].probability < threshold) continue;
    auto const from = static_cast<std::int64_t>(at);
    auto const to = static_cast<std::int64_t>(at + kVadFrame);
    if (!spans.empty() && spans.back().to == from) {
      spans.back().to = to;
    } else {
      spans.push_back({from, to});
    }
  }
  return spans;
}

}  // namespace

Result<std::unique_ptr<MoonshineRecognizer>> MoonshineRecognizer::make(MoonshineOptions options, Executor& executor,
                                                                       Clock const& clock) {
  auto models = load_speech_models(options.models, options.names);
  if (!models) return std::unexpected(models.error());
  auto vad = SileroVad::load(options.models / "silero" / "silero_vad.onnx");
  if (!vad) return std::unexpected(vad.error());
  auto engine = std::make_shared<SpeechEngine>(std::move(*models), std::move(*vad), options, executor, clock);
  return std::unique_ptr<MoonshineRecognizer>(new MoonshineRecognizer(std::move(engine)));
}

MoonshineRecognizer::MoonshineRecognizer(std::shared_ptr<SpeechEngine> engine) : engine_(std::move(engine)) {}
MoonshineRecognizer::~MoonshineRecognizer() = default;

std::unique_ptr<RecognizerStream> MoonshineRecognizer::open(std::function<void(SpeechEvent)> sink,
                                                            StreamHints const& hints) {
  return std::make_unique<MoonshineStream>(engine_, std::move(sink), hints);
}

std::unique_ptr<RecognizerStream> MoonshineRecognizer::open(std::function<void(SpeechEvent)> sink,
                                                            StreamOptions const& options) {
  return std::make_unique<MoonshineStream>(engine_, std::move(sink), options);
}

bool MoonshineRecognizer::up() const { return engine_->up(); }
bool MoonshineRecognizer::reduced() const { return engine_->saves(); }
SpeechStats MoonshineRecognizer::stats() const { return engine_->stats(); }

Result<Transcription> MoonshineRecognizer::transcribe_whole(std::span<float const> samples) const {
  auto decoding = engine_->models().finals->decode(samples, {.times = true});
  if (!decoding) return std::unexpected(decoding.error());
  auto voiced = voiced_spans(engine_->vad(), samples, SegmenterOptions{}.voice_off);
  if (!voiced) return std::unexpected(voiced.error());
  Span const whole{0, static_cast<std::int64_t>(samples.size())};
  judge_words(*decoding, "");
  return Transcription{decoding->text, recognized_words(decoding->text, decoding->words, *voiced, whole, 0)};
}

}  // namespace sotto
