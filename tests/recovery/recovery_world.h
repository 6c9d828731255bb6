// A whole call path under virtual time over engines that read numbered frames, and the oracle: what came out against
// what was said. Two people talk; chance decides when and for how long.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "recovery/frame_code.h"
#include "support/virtual_world.h"

namespace sotto::recovery {

// Of one call, both tracks.
struct Verdict {
  std::int64_t voiced_ms = 0;
  std::int64_t missing_ms = 0;  // voiced, in no final and in no gap
  std::int64_t doubled_ms = 0;  // in a final more than once, or in one where it was never said
  std::int64_t gap_ms = 0;      // voiced, and the ledger says that it was not heard
  std::vector<std::string> complaints;
  std::vector<std::string> gaps;
  bool whole() const { return missing_ms == 0 && doubled_ms == 0 && gap_ms == 0 && complaints.empty(); }
  void add(Verdict const& other);
};
std::string to_text(Verdict const& verdict);

class RecoveryWorld {
 public:
  explicit RecoveryWorld(std::uint64_t seed);

  // The chain, in order, before begin(); `step` lets an engine say what is due.
  void add_engine(std::string name, Recognizer& engine, std::function<void()> step);
  void begin(std::vector<Track> tracks = {Track::customer, Track::agent});
  // Both people talk by chance (or all the time, or not at all) while `time` passes. `each_step` every 20 ms.
  enum class Talk { by_chance, always, never };
  void speak(Duration time, Talk talk = Talk::by_chance, std::function<void()> const& each_step = [] {});
  // No audio: a pause of the source, or the time after the call.
  void pass(Duration time);
  void pause();
  void resume();
  // Packets that never arrive.
  void drop(Duration time);
  void hang_up();

  Time now() const { return clock.now(); }
  std::int64_t frames() const { return frames_; }
  // Newest frame of a track that a subscriber was told, as a partial or a final; -1: none.
  std::int64_t seen(Track track) const { return seen_[index(track)]; }
  // The same, but for provisional words: everything of before it was told too.
  std::int64_t told(Track track) const { return told_[index(track)]; }
  bool voiced(Track track, std::int64_t frame) const;
  // Before begin(): the tenant allows recording.
  void allow_recording(AudioSpools& spools) { spools_ = &spools; }
  std::string const& captions() const { return captions_; }
  Verdict judge();

  VirtualClock clock;
  ManualExecutor executor;
  ScriptedLog log{executor, clock};
  ScriptedBus bus;
  std::unique_ptr<gateway::Engines> engines;
  std::unique_ptr<OneCall> path;

 private:
  void step(bool send, Talk talk);
  void send(Track track, bool voice);
  bool talks(Track track, Talk talk);
  void read_subscriber();
  void judge_words(Track track, std::vector<LedgerRow> const& rows, Verdict& verdict);

  Random random_;
  ScriptedShard shard_{executor, clock};
  HookedMetrics metrics_;
  orchestrator::Router router_{shard_, clock, metrics_};
  ScriptedLibrary policies_;
  ByteBudget waiting_{limits::kUnpersistedBytesMax};
  AudioSpools* spools_ = nullptr;
  std::vector<gateway::NamedRecognizer> chain_;
  std::vector<std::function<void()>> steps_;
  std::shared_ptr<delivery::Subscriber> subscriber_;
  std::int64_t frames_ = 0;  // spoken by each
  int ticks_ = 0;
  std::uint64_t const seed_;
  struct Person {
    std::vector<bool> voiced;  // by frame
    std::vector<bool> sent;    // by frame
    std::int64_t until = 0;    // frame where talk or silence ends
    bool talking = false;
    std::vector<std::uint8_t> packet;
    std::int64_t packet_from = 0;
  };
  std::array<Person, 2> people_;
  std::array<std::int64_t, 2> seen_{-1, -1}, told_{-1, -1};
  std::string captions_ = "live";
  bool dropping_ = false, paused_ = false;
};

}  // namespace sotto::recovery
