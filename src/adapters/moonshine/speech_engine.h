// The threads of the embedded recogniser: one that listens, several that decode. See recognizer.h.
// Every field is constant, owned by the listening thread, or guarded.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "adapters/moonshine/core_shortage.h"
#include "adapters/moonshine/decode_queue.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/moonshine/silero_vad.h"
#include "adapters/moonshine/speech_models.h"
#include "adapters/moonshine/track_listener.h"
#include "base/mutex.h"

namespace sotto {

// Where the events of one stream go. `open` is cleared by the stream's owner; tasks that are still under way then do
// nothing.
struct SpeechOutlet {
  std::function<void(SpeechEvent)> sink;
  std::atomic<bool> open = true;
};

class SpeechEngine {
 public:
  SpeechEngine(SpeechModels models, SileroVad vad, MoonshineOptions const& options, Executor& executor,
               Clock const& clock);
  ~SpeechEngine();

  // Any thread. None of these blocks on a model.
  std::uint64_t open(std::shared_ptr<SpeechOutlet> outlet, StreamOptions const& options);
  std::uint64_t open(std::shared_ptr<SpeechOutlet> outlet,
                     StreamHints const& hints);  // waits as the engine's options say
  void push(std::uint64_t track, std::int64_t from, std::span<float const> samples);
  void finish(std::uint64_t track);
  void expect(std::uint64_t track, std::vector<std::string> const& keyterms);
  void close(std::uint64_t track);

  // False for a while after a model failed: a stream that comes then had better go elsewhere.
  bool up() const { return clock_.now().time_since_epoch().count() >= down_until_us_; }
  // The cores are too few: for a while the smaller model hears.
  bool saves() const;
  SpeechStats stats() const;
  SpeechModels const& models() const { return models_; }
  SileroVad const& vad() const { return vad_; }

 private:
  struct Opened {
    std::shared_ptr<SpeechOutlet> outlet;
    SegmenterOptions segmenter;
    std::shared_ptr<Keyterms const> keyterms;
  };
  struct Pushed {
    std::int64_t from = 0;
    std::vector<float> samples;
    Time at;
  };
  struct Finished {};
  struct Expected {
    std::shared_ptr<Keyterms const> keyterms;
  };
  struct Closed {};
  struct Decoded {
    std::uint64_t ticket = 0;
    Result<Decoding> decoding;
  };
  struct Message {
    std::uint64_t track = 0;
    std::variant<Opened, Pushed, Finished, Expected, Closed, Decoded> content;
  };
  struct Track {
    std::shared_ptr<SpeechOutlet> outlet;
    TrackListener listener;
  };

  std::shared_ptr<Keyterms const> known(std::vector<std::string> const& keyterms) const;
  void send(Message message);
  // The listening thread.
  void listen(std::stop_token stop);
  std::vector<Message> take_messages(std::stop_token const& stop, bool wait);
  void read(Message message);
  bool hear();
  void carry_out(std::uint64_t id, Track& track, ListenerOutput output);
  void model_failed();
  void lose(std::uint64_t id, std::string reason);
  void forget(std::uint64_t id);
  // The workers.
  void work(std::stop_token stop);
  std::optional<DecodeJob> take_job(std::stop_token const& stop);
  Effort effort(DecodeJob const& job) const;
  bool skips(DecodeJob const& job);
  void note_again(Duration took);

  // Given.
  SpeechModels const models_;
  SileroVad const vad_;
  SegmenterOptions const segmenter_;
  Executor& executor_;
  Clock const& clock_;
  // State, of the listening thread.
  std::unordered_map<std::uint64_t, Track> tracks_;
  std::vector<std::uint64_t> awake_;  // tracks that may have a frame to hear
  // State, shared.
  Mutex inbox_mutex_;
  Condition inbox_arrived_;
  std::vector<Message> inbox_ GUARDED_BY(inbox_mutex_);
  mutable Mutex jobs_mutex_;
  Condition jobs_arrived_;
  DecodeQueue jobs_ GUARDED_BY(jobs_mutex_);
  CoreShortage cores_ GUARDED_BY(jobs_mutex_);
  std::atomic<std::uint64_t> next_track_ = 1;
  std::atomic<std::int64_t> down_until_us_ = 0;
  std::atomic<std::uint64_t> careful_ = 0, careful_skipped_ = 0;
  std::atomic<std::uint64_t> streams_ = 0, finals_ = 0, partials_ = 0, hallucinations_ = 0, decode_us_ = 0, vad_us_ = 0;
  // Owned; last, so that they stop before the rest goes.
  std::vector<std::jthread> threads_;
};

}  // namespace sotto
