// offtopic: calls of 20 minutes in which nothing is said that any rule or article is about: small talk
// (models/guidance/off_topic.txt) and between its lines a television (MELD, series, on either track), as a recogniser
// with a word error rate of 25 % hears them. Every cue that such a call shows is wrong. Prints `wrong`, cues per call,
// for each tenant, and on stderr what was shown after which words.
#include <fstream>
#include <random>
#include <sstream>

#include <spdlog/spdlog.h>

#include "guidance_eval.h"

using namespace sotto;

namespace {

constexpr std::int64_t kCallMs = 20 * 60'000;
constexpr int kCalls = 5;  // of a tenant, each with its own errors and another piece of television
constexpr double kDeleted = 0.08, kReplaced = 0.12, kInserted = 0.05;

constexpr auto kCommon =
    "the be to of and a in that have I it for not on with he as you do at this but his by from they we say her she or "
    "an will my one all would there their what so up out if about who get which go me when make can like time no just "
    "him know take people into year your good some could them see other than then now look only come its over think "
    "also back after use two how our work first well way even new want because any these give day most us";

struct Line {
  Track speaker = Track::customer;
  std::string text;
};

// Counts what it does, so that the error rate can be told.
class Recogniser {
 public:
  explicit Recogniser(std::uint32_t seed) : random_(seed) {
    std::istringstream in(kCommon);
    for (std::string word; in >> word;) common_.push_back(word);
  }
  std::string hear(std::string const& said) {
    std::string out;
    auto const add = [&](std::string const& word) { out += (out.empty() ? "" : " ") + word; };
    std::istringstream in(said);
    for (std::string word; in >> word; ++words) {
      auto const chance = draw();
      errors += chance < kDeleted + kReplaced;
      if (chance >= kDeleted) add(chance < kDeleted + kReplaced ? common() : word);
      if (draw() >= kInserted) continue;
      ++errors;
      add(common());
    }
    return out;
  }
  double draw() { return random_() / 4294967296.0; }

  double words = 0, errors = 0;

 private:
  std::string const& common() { return common_[random_() % common_.size()]; }

  std::mt19937 random_;
  std::vector<std::string> common_;
};

std::vector<Line> small_talk() {
  std::vector<Line> out;
  std::ifstream in("models/guidance/off_topic.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.size() > 2 && line.front() != '#')
      out.push_back({line.front() == 'a' ? Track::agent : Track::customer, line.substr(2)});
  }
  return out;
}

// Number, "utterance", speaker, ..: lines in the order of the episodes.
std::vector<std::string> television(char const* file) {
  std::vector<std::string> out;
  std::ifstream in(eval::data() / "meld_text" / file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    auto from = line.find(',');
    if (from == std::string::npos) continue;
    bool const quoted = line[++from] == '"';
    auto const until = quoted ? line.find("\",", from + 1) : line.find(',', from);
    if (until != std::string::npos) out.push_back(line.substr(from + quoted, until - from - quoted));
  }
  return out;
}

struct Call {
  std::string tenant;
  std::uint32_t seed = 0;
  std::vector<Line> talk;
  std::vector<std::string> television;
};

// The cues that were shown.
double play(app::CallReplayRoom& room, Call const& call, Recogniser& recogniser) {
  app::CallReplay call_replay(room, eval::call(fmt::format("offtopic-{}", call.seed), call.tenant));
  double shown = 0;
  std::int64_t at_ms = 1000;
  auto const say = [&](Track speaker, std::string const& text) {
    if (text.empty()) return;
    for (auto const& [when_ms, what] : call_replay.say(speaker, text, at_ms)) {
      auto const* cue = std::get_if<Cue>(&what);
      if (!cue || cue->because.trigger == "silence") continue;
      shown += 1;
      fmt::print(stderr, "{} {}: {:.1f} s {} ({} {:.2f}) \"{}\" after \"{}\" like \"{}\"\n", call.tenant, call.seed,
                 static_cast<double>(when_ms) / 1000, cue->policy, cue->because.trigger, cue->because.score,
                 cue->headline, cue->because.text, cue->because.pattern);
    }
    at_ms += eval::spoken_ms(text) + 300 + static_cast<std::int64_t>(1200 * recogniser.draw());
  };
  // What is due by time is said first: it is no error of a rule to ask for it.
  say(Track::agent, "Hello, this call is recorded, calls are recorded for training");
  auto const start = call.seed * 211 % call.television.size();
  for (std::size_t i = 0; at_ms < kCallMs; ++i) {
    auto const& line = call.talk[(i + call.seed * 17) % call.talk.size()];
    say(line.speaker, recogniser.hear(line.text));
    auto const& show = call.television[(start + i) % call.television.size()];
    say(recogniser.draw() < 0.5 ? Track::customer : Track::agent, recogniser.hear(show));
  }
  return shown;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::warn);
  // --develop: another part of the television and other errors, for changes to rules and thresholds.
  bool const develop = argc > 1 && std::string_view(argv[1]) == "--develop";
  auto const room = eval::room("config/policies", "config/knowledge");
  auto const talk = small_talk();
  auto const shows = television(develop ? "train_sent_emo.csv" : "dev_sent_emo.csv");
  for (auto const* tenant : {"bank", "telecom", "airline", "demo"}) {
    double wrong = 0, most = 0, words = 0, errors = 0;
    for (std::uint32_t seed = 1; seed <= kCalls; ++seed) {
      Recogniser recogniser(seed + (develop ? 1000 : 0));
      auto const shown = play(*room, {tenant, seed, talk, shows}, recogniser);
      wrong += shown;
      most = std::max(most, shown);
      words += recogniser.words;
      errors += recogniser.errors;
    }
    eval::print_rate("offtopic", "wrong", wrong, kCalls, 1, 0,
                     fmt::format(R"(,"tenant":"{}","most":{},"wer":{:.3f})", tenant, most, errors / words));
  }
}
