#include "call/event_codec.h"
#include "recovery/recovery_world.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json.h"

namespace sotto::recovery {

namespace {

constexpr int kFramesAPacket = 5;
constexpr int kFramesATick = 5;

}  // namespace

void Verdict::add(Verdict const& other) {
  voiced_ms += other.voiced_ms;
  missing_ms += other.missing_ms;
  doubled_ms += other.doubled_ms;
  gap_ms += other.gap_ms;
  complaints.insert(complaints.end(), other.complaints.begin(), other.complaints.end());
  gaps.insert(gaps.end(), other.gaps.begin(), other.gaps.end());
}

std::string to_text(Verdict const& verdict) {
  auto out = fmt::format("{} ms voiced, {} missing, {} doubled, {} in gaps", verdict.voiced_ms, verdict.missing_ms,
                         verdict.doubled_ms, verdict.gap_ms);
  for (auto const* list : {&verdict.complaints, &verdict.gaps}) {
    for (std::size_t at = 0; at < std::min<std::size_t>(list->size(), 12); ++at) out += "\n  " + list->at(at);
  }
  return out;
}

RecoveryWorld::RecoveryWorld(std::uint64_t seed) : random_(seed), seed_(seed) {}

void RecoveryWorld::add_engine(std::string name, Recognizer& engine, std::function<void()> step) {
  chain_.push_back({std::move(name), &engine});
  steps_.push_back(std::move(step));
}

void RecoveryWorld::begin(std::vector<Track> tracks) {
  engines = std::make_unique<gateway::Engines>(gateway::EnginesInChain(chain_, seed_ | 1),
                                               std::map<std::string, gateway::EnginesInChain>());
  CallInfo info{.id = "c1", .tenant = "demo", .team = "", .agent = "", .tracks = std::move(tracks)};
  info.format = {Coding::pcm_s16le, static_cast<int>(kRate)};
  info.started = clock.now();
  CallWorld const world{log, bus, *engines, router_, policies_, clock, metrics_, waiting_, {}, spools_, nullptr, false};
  path = std::make_unique<OneCall>(world, std::move(info), "digest");
  subscriber_ = std::make_shared<delivery::Subscriber>([] {});
  path->subscribe(subscriber_);
  executor.run_all();
}

// --- what happens ---

void RecoveryWorld::speak(Duration time, Talk talk, std::function<void()> const& each_step) {
  for (auto left = time; left > Duration(0); left -= 20ms) {
    step(true, talk);
    each_step();
  }
}

void RecoveryWorld::pass(Duration time) {
  for (auto left = time; left > Duration(0); left -= 20ms) step(false, Talk::never);
}

void RecoveryWorld::step(bool send_audio, Talk talk) {
  clock.advance(20ms);
  if (send_audio) {
    for (auto const track : path->info().tracks) send(track, talks(track, talk));
    ++frames_;
  }
  executor.run_all();
  for (auto const& step : steps_) step();
  executor.run_all();
  if (++ticks_ % kFramesATick == 0) path->tick();
  executor.run_all();
  read_subscriber();
}

bool RecoveryWorld::talks(Track track, Talk talk) {
  if (talk != Talk::by_chance) return talk == Talk::always;
  auto& person = people_[index(track)];
  if (frames_ >= person.until) {
    person.talking = !person.talking;
    person.until = frames_ + (person.talking ? random_.between(10, 500) : random_.between(5, 150));
  }
  return person.talking;
}

// A frame into its packet; the packet to the call when it is full.
void RecoveryWorld::send(Track track, bool voice) {
  auto& person = people_[index(track)];
  person.voiced.push_back(voice && !dropping_ && !paused_);
  person.sent.push_back(!dropping_ && !paused_);
  if (paused_ || dropping_) return;
  if (person.packet.empty()) person.packet_from = frames_;
  auto const level = voice ? level_of(track, frames_) : std::int16_t{0};
  auto const low = static_cast<std::uint8_t>(level & 0xff), high = static_cast<std::uint8_t>((level >> 8) & 0xff);
  for (std::int64_t at = 0; at < kFrameSamples; ++at) {
    person.packet.push_back(low);
    person.packet.push_back(high);
  }
  if ((frames_ + 1) % kFramesAPacket != 0) return;
  CHECK(path->on_packet({.track = track,
                         .first_sample = person.packet_from * kFrameSamples,
                         .bytes = std::exchange(person.packet, {}),
                         .arrived = clock.now()}));
}

void RecoveryWorld::pause() {
  CHECK(frames_ % kFramesAPacket == 0);
  path->on_pause(frames_ * kFrameSamples, "source");
  paused_ = true;
}

void RecoveryWorld::resume() {
  CHECK(frames_ % kFramesAPacket == 0);
  path->on_resume(frames_ * kFrameSamples, "source");
  paused_ = false;
}

void RecoveryWorld::drop(Duration time) {
  dropping_ = true;
  speak(time, Talk::never);
  dropping_ = false;
}

void RecoveryWorld::hang_up() {
  while (frames_ % kFramesAPacket != 0) step(true, Talk::never);
  path->on_end(EndReason::hangup);
  for (int i = 0; i < 400 * 50 && !path->finished(); ++i) step(false, Talk::never);
}

// --- what a subscriber is told ---

void RecoveryWorld::read_subscriber() {
  while (auto const message = subscriber_->next()) {
    if (!message->contains("sotto.hypothesis.partial") && !message->contains("sotto.utterance.final") &&
        !message->contains("sotto.call.health")) {
      continue;
    }
    auto const parsed = parse_object(*message).value();
    auto const* events = get_array(parsed, "events");
    for (std::size_t at = 0; events && at < events->size(); ++at) {
      auto const event = event_from_cloud_event(events->at(at).as_object());
      if (!event) continue;
      if (auto const* changed = event->as<HealthChanged>()) captions_ = changed->health.captions;
      auto const* partial = event->as<Partial>();
      auto const* said = partial ? &partial->utterance : words_of(*event);
      if (!said || event->is<UtteranceRevised>()) continue;
      for (auto const& word : said->words) {
        auto const frame = frame_of(said->track, word.text, word.start_ms);
        if (!frame) continue;
        seen_[index(said->track)] = std::max(seen_[index(said->track)], *frame);
        if (!partial || !partial->provisional) {
          told_[index(said->track)] = std::max(told_[index(said->track)], *frame);
        }
      }
    }
  }
}

bool RecoveryWorld::voiced(Track track, std::int64_t frame) const {
  auto const& voiced = people_[index(track)].voiced;
  return frame >= 0 && frame < std::ssize(voiced) && voiced[static_cast<std::size_t>(frame)];
}

// --- the oracle ---

Verdict RecoveryWorld::judge() {
  Verdict verdict;
  auto const complain = [&](std::string text) { verdict.complaints.push_back(std::move(text)); };
  if (!path->finished()) complain("the call is not finished");
  std::optional<Result<CallRecord>> loaded;
  log.load("c1", [&](Result<CallRecord> record) { loaded = std::move(record); });
  executor.run_all();
  CHECK(loaded && *loaded);
  auto const& stored = *loaded;
  for (auto const track : path->info().tracks) {
    auto const found = stored->ledger.find(track);
    std::vector<LedgerRow> const rows = found == stored->ledger.end() ? std::vector<LedgerRow>() : found->second;
    std::int64_t at = 0;
    for (auto const& row : rows) {
      if (row.from != at) complain(fmt::format("{}: ledger goes on at {} after {}", name(track), row.from, at));
      if (row.coverage == Coverage::pending) complain(fmt::format("{}: pending at {}", name(track), row.from));
      if (row.coverage == Coverage::gap) {
        verdict.gaps.push_back(fmt::format("{}: gap {} at {}-{} ms", name(track), row.reason, row.from * 1000 / kRate,
                                           row.to * 1000 / kRate));
      }
      at = row.to;
    }
    auto const& sent = people_[index(track)].sent;
    auto const last = std::find(sent.rbegin(), sent.rend(), true);
    auto const received = (sent.rend() - last) * kFrameSamples;
    if (at < received) complain(fmt::format("{}: the ledger ends at {} of {}", name(track), at, received));
    judge_words(track, rows, verdict);
  }
  return verdict;
}

void RecoveryWorld::judge_words(Track track, std::vector<LedgerRow> const& rows, Verdict& verdict) {
  auto const complain = [&](std::string text) {
    verdict.complaints.push_back(std::string(name(track)) + ": " + std::move(text));
  };
  auto const& voiced = people_[index(track)].voiced;
  std::vector<int> told(voiced.size());
  std::int64_t before = -1;
  for (auto const& event : bus.published) {
    auto const* said = event.is<UtteranceFinal>() ? words_of(event) : nullptr;
    if (!said || said->track != track) continue;
    for (auto const& word : said->words) {
      auto const frame = frame_of(track, word.text, word.start_ms);
      bool const known = frame && *frame >= 0 && *frame < std::ssize(told);
      if (!known || !voiced[static_cast<std::size_t>(*frame)]) {
        verdict.doubled_ms += kFrameMs;
        complain(fmt::format("{} at {} ms was never said", word.text, word.start_ms));
        continue;
      }
      ++told[static_cast<std::size_t>(*frame)];
      if (*frame <= before) complain(fmt::format("{} at {} ms is out of order", word.text, word.start_ms));
      before = *frame;
      if (word.start_ms < *frame * kFrameMs || word.end_ms > (*frame + 1) * kFrameMs) {
        complain(fmt::format("{} stands at {}-{} ms, was said at {}", word.text, word.start_ms, word.end_ms,
                             *frame * kFrameMs));
      }
    }
  }
  auto row = rows.begin();
  for (std::size_t frame = 0; frame < voiced.size(); ++frame) {
    if (!voiced[frame]) continue;
    verdict.voiced_ms += kFrameMs;
    if (told[frame] > 1) verdict.doubled_ms += (told[frame] - 1) * kFrameMs;
    if (told[frame] > 1) complain(fmt::format("frame {} was told {} times", frame, told[frame]));
    if (told[frame] > 0) continue;
    auto const middle = static_cast<std::int64_t>(frame) * kFrameSamples + kFrameSamples / 2;
    while (row != rows.end() && row->to <= middle) ++row;
    if (row != rows.end() && row->coverage == Coverage::gap) {
      verdict.gap_ms += kFrameMs;
    } else {
      verdict.missing_ms += kFrameMs;
      auto const where = row == rows.end() ? "no row" : name(row->coverage);
      complain(fmt::format("frame {} is missing, the ledger says {}", frame, where));
    }
  }
}

}  // namespace sotto::recovery
