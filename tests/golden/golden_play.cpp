// Plays a golden call: the real call path under virtual time, with the ports in the script's hands.
#include <algorithm>
#include <functional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/json.h"
#include "call/event_codec.h"
#include "golden/golden_call.h"
#include "golden/golden_report.h"
#include "policy/parser.h"
#include "support/played_recognizer.h"
#include "support/virtual_world.h"

namespace sotto::golden {

namespace {

void require(bool holds, std::string const& what) {
  if (!holds) throw std::runtime_error(what);
}

std::shared_ptr<PolicySet const> policies_of(std::string const& yaml) {
  auto parsed = policy::parse_policies(yaml, "policies");
  for (auto const& problem : parsed.problems)
    throw std::runtime_error(fmt::format("policies, line {}: {}", problem.line, problem.reason));
  return std::make_shared<PolicySet const>(
      PolicySet{.version = "v1", .rules = std::move(parsed.rules), .meanings = {}});
}

// A carrier: sends both tracks packet by packet on its own clock, over a network that may delay or lose.
class Source {
 public:
  Source(VirtualWorld& world, GoldenCall const& call)
      : world_(world), wide_(call.rate == 16000), samples_(call.rate * call.packet_ms / 1000) {}

  std::array<bool, 2> sends{};
  bool paused = false, connected = true, losing = false;
  Duration delay{0};

  // One packet's time has passed: it was spoken, now it is sent. Sample numbers run on where nothing is sent.
  void step() {
    for (auto const track : {Track::customer, Track::agent}) {
      if (!sends[index(track)] || paused || !connected || losing) continue;
      under_way_.push_back({world_.clock.now() + delay, track, spoken_});
    }
    spoken_ += samples_;
    while (!under_way_.empty() && under_way_.front().due <= world_.clock.now()) {
      auto const [due, track, first] = under_way_.front();
      under_way_.pop_front();
      // The recogniser knows a track by its sign.
      bool const below_zero = track == Track::customer;
      if (wide_) world_.send(track, first, 2 * samples_, below_zero ? 0xC0 : 0x40);
      else world_.send(track, first, samples_, below_zero ? 0x40 : 0xC0);
    }
  }

 private:
  struct UnderWay {
    Time due;
    Track track;
    std::int64_t first;
  };

  VirtualWorld& world_;
  bool const wide_;
  std::int64_t const samples_;  // a packet
  std::int64_t spoken_ = 0;
  std::deque<UnderWay> under_way_;
};

class Player {
 public:
  explicit Player(GoldenCall const& call);
  std::string play();

 private:
  void record(Line const& line, Track track);
  void add_deeds();
  void act(Line const& line);
  void step();
  void follow();
  void look_at_memory();
  void check();
  void close_report();
  std::int64_t ms() const { return (world_.clock.now() - began_).count() / 1000; }

  GoldenCall const& call_;
  Duration const step_length_;  // of our clock
  VirtualWorld world_;
  PlayedRecognizer recognizer_;
  gateway::Engines engines_{recognizer_};
  Source source_;
  Time const began_;
  Report report_;
  std::map<std::string, std::function<void(Line const&)>> deeds_;
  std::size_t next_line_ = 0;
  Time ticked_{};
  std::shared_ptr<delivery::Subscriber> follower_ = std::make_shared<delivery::Subscriber>([] {});
  std::vector<Event> told_;
  Held most_;
  std::int64_t looked_s_ = -1;
  std::int64_t longest_lag_ms_ = 0;
};

Player::Player(GoldenCall const& call)
    : call_(call),
      step_length_(static_cast<std::int64_t>(static_cast<double>(call.packet_ms) * (1000 + call.ppm / 1000))),
      recognizer_(world_.executor, world_.clock),
      source_(world_, call),
      began_(world_.clock.now()),
      report_(call.counted) {
  for (auto const& line : call.script) {
    auto const track = parse_track(line.actor);
    if (track && line.quoted) record(line, *track);
  }
  add_deeds();
  if (!call.policies.empty()) world_.policies.set = policies_of(call.policies);
  auto info = VirtualWorld::info();
  info.started = began_;
  if (call.rate == 16000) info.format = {Coding::pcm_s16le, 16000};
  CallWorld const world{world_.log,      world_.bus,   engines_,       world_.router,
                        world_.policies, world_.clock, world_.metrics, world_.waiting};
  world_.path = std::make_unique<OneCall>(world, info, "digest");
  world_.path->subscribe(follower_);
}

void Player::record(Line const& line, Track track) {
  using Kind = PlayedHypothesis::Kind;
  static std::map<std::string, Kind> const kinds{
      {"final", Kind::final}, {"partial", Kind::partial}, {"revised", Kind::revised}};
  auto const kind = kinds.find(line.verb);
  require(line.numbers.size() == 2 && kind != kinds.end(),
          fmt::format("line {}: expected: final|partial|revised FROM-TO \"words\"", line.number));
  recognizer_.recorded[index(track)].push_back({.at = began_ + std::chrono::milliseconds(line.at_ms),
                                                .from = line.numbers[0] * 16,
                                                .to = line.numbers[1] * 16,
                                                .text = *line.quoted,
                                                .kind = kind->second});
}

void Player::add_deeds() {
  auto const sample = [rate = call_.rate](Line const& line) {
    return line.numbers.empty() ? std::nullopt : std::optional(line.numbers[0] * rate / 1000);
  };
  auto const number = [](Line const& line) { return line.numbers.empty() ? 0 : line.numbers[0]; };
  for (auto const track : {Track::customer, Track::agent}) {
    deeds_[std::string(name(track)) + " starts"] = [this, track](auto&) { source_.sends[index(track)] = true; };
    deeds_[std::string(name(track)) + " stops"] = [this, track](auto&) { source_.sends[index(track)] = false; };
  }
  deeds_["source pauses"] = [this, sample](auto& line) {
    source_.paused = true;
    world_.path->on_pause(sample(line), "source");
  };
  deeds_["source resumes"] = [this, sample](auto& line) {
    source_.paused = false;
    world_.path->on_resume(sample(line), "source");
  };
  deeds_["source leaves"] = [this](auto&) { world_.path->on_source(source_.connected = false); };
  deeds_["source returns"] = [this](auto&) { world_.path->on_source(source_.connected = true); };
  deeds_["source ends"] = [this](auto&) {
    source_.sends = {};
    world_.path->on_end(EndReason::hangup);
  };
  deeds_["network delays"] = [this, number](auto& line) { source_.delay = std::chrono::milliseconds(number(line)); };
  deeds_["network loses"] = [this](auto&) { source_.losing = true; };
  deeds_["network heals"] = [this](auto&) { source_.losing = false; };
  deeds_["recogniser lost"] = [this](auto&) { recognizer_.lose_all("the script wants it so"); };
  deeds_["recogniser down"] = [this](auto&) {
    recognizer_.down = true;
    recognizer_.lose_all("the script wants it so");
  };
  deeds_["recogniser up"] = [this](auto&) { recognizer_.down = false; };
  deeds_["store down"] = [this](auto&) { world_.log.failing = true; };
  deeds_["store up"] = [this](auto&) { world_.log.failing = false; };
  deeds_["store hangs"] = [this](auto&) { world_.log.held = true; };
  deeds_["store answers"] = [this](auto&) { world_.log.let_go(); };
}

void Player::act(Line const& line) {
  if (line.quoted) return;  // recorded: the recogniser knows
  auto const deed = deeds_.find(line.actor + " " + line.verb);
  require(deed != deeds_.end(), fmt::format("line {}: nobody can \"{} {}\"", line.number, line.actor, line.verb));
  deed->second(line);
}

void Player::step() {
  for (auto const& script = call_.script; next_line_ < script.size() && script[next_line_].at_ms <= ms();) {
    act(script[next_line_++]);
    world_.settle();
  }
  follow();
  world_.clock.advance(step_length_);
  source_.step();
  recognizer_.play();
  world_.settle();
  if (world_.clock.now() - ticked_ >= 100ms) {
    ticked_ = world_.clock.now();
    world_.path->tick();
    world_.settle();
    if (ms() / 1000 != looked_s_) look_at_memory();
  }
  follow();
}

// What the page is told, as it is told.
void Player::follow() {
  while (auto const message = follower_->next()) {
    auto const delta = boost::json::parse(*message).as_object();
    require(get_string(delta, "type") != "snapshot" || told_.empty(), "a follower was too slow");
    if (get_string(delta, "type") == "beat") longest_lag_ms_ = std::max(longest_lag_ms_, get_int(delta, "lag_ms"));
    if (get_string(delta, "type") != "delta") continue;
    for (auto const& entry : delta.at("events").as_array()) {
      auto event = event_from_cloud_event(entry.as_object());
      require(event.has_value(), "a follower cannot read an event");
      report_.told(*event, ms());
      if (event->number > 0) told_.push_back(std::move(*event));
    }
  }
}

void Player::look_at_memory() {
  looked_s_ = ms() / 1000;
  auto const held = world_.path->held();
  most_.audio_ms = std::max(most_.audio_ms, held.audio_ms);
  most_.stamps = std::max(most_.stamps, held.stamps);
  most_.waiting = std::max(most_.waiting, held.waiting);
  most_.ledger_rows = std::max(most_.ledger_rows, held.ledger_rows);
}

// What holds for every call, whatever happens in it.
void Player::check() {
  require(world_.path->finished(), "the call has not ended");
  auto const stored = world_.stored();
  require(!stored.live && stored.events.size() == told_.size(), "what was told is not what is stored");
  for (std::size_t i = 0; i < told_.size(); ++i) {
    auto const& event = stored.events[i];
    require(told_[i].number == static_cast<std::int64_t>(i) + 1, fmt::format("event {} was not told in turn", i + 1));
    auto const as_sent = [](Event const& each) {
      return boost::json::parse(boost::json::serialize(data_of(each.body)));
    };
    require(event.number == told_[i].number && event.body.index() == told_[i].body.index() &&
                as_sent(event) == as_sent(told_[i]),
            fmt::format("event {} is stored otherwise than it was told", i + 1));
  }
  for (auto const& progress : world_.path->progress()) {
    std::int64_t at = 0;
    for (auto const& row : stored.ledger.at(progress.track)) {
      require(row.from == at && row.coverage != Coverage::pending,
              fmt::format("{}: the stored ledger is broken at sample {}", name(progress.track), at));
      at = row.to;
    }
    require(at == progress.received && at == progress.committed,
            fmt::format("{}: {} samples of {} are decided", name(progress.track), at, progress.received));
  }
  require(world_.waiting.used() == 0, "memory is held for events that are stored");
  for (auto const& list : recognizer_.recorded) {
    for (auto const& one : list) require(one.said, "\"" + one.text + "\" was never said: it has no audio");
  }
}

void Player::close_report() {
  for (auto const& [track, rows] : world_.path->ledgers()) {
    if (!call_.counted) report_.add(fmt::format("{}: {}", name(track), words_of(rows, name(track), call_.rate)));
  }
  report_.add(fmt::format("longest lag: {} ms", longest_lag_ms_));
  report_.add(fmt::format("most held: {} ms of audio, {} stamps, {} waiting for the store, {} ledger rows",
                          most_.audio_ms, most_.stamps, most_.waiting, most_.ledger_rows));
}

std::string Player::play() {
  auto const last = call_.script.empty() ? 0 : call_.script.back().at_ms;
  while (next_line_ < call_.script.size() || (!world_.path->finished() && ms() < last + 900'000)) step();
  check();
  close_report();
  return report_.text();
}

}  // namespace

std::string play(GoldenCall const& call) { return Player(call).play(); }

}  // namespace sotto::golden
