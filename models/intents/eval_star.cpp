// star: what the agent does next, from the words heard so far. 5,298 conversations of people who play callers and
// agents, each with a flow chart (STAR, Mosig et al. 2020); four fifths of the conversations train, one fifth judges.
// The label is the reply that the agent picked; results of data bases, which nobody says aloud, are not looked at.
// Beside it, on the same words: the most frequent reply, the reply to the nearest customer's turn, and the same with
// the agent's turn before (cosine of sentence vectors).
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "base/byte_rows.h"
#include "base/json.h"
#include "intent_eval.h"

using namespace sotto;

namespace {

struct Turns {
  std::vector<language::Example> training, others;
};

// One conversation as customer's words, the agent's turns before, and the reply that followed.
std::vector<language::Example> turns_of(boost::json::object const& dialogue) {
  std::vector<language::Example> out;
  std::string customer;
  std::vector<std::string> agent;  // the newest first
  for (auto const& value : dialogue.at("Events").as_array()) {
    auto const& event = value.as_object();
    auto const who = get_string(event, "Agent"), did = get_string(event, "Action");
    if (who == "User" && did == "utter") customer += (customer.empty() ? "" : " ") + get_string(event, "Text");
    if (who != "Wizard" || (did != "pick_suggestion" && did != "utter")) continue;
    if (did == "pick_suggestion") {
      auto const looked_at = std::min(agent.size(), language::kTurnsBefore);
      out.push_back({.text = customer,
                     .intents = {get_string(event, "ActionLabel")},
                     .vector = {},
                     .before = {agent.begin(), agent.begin() + static_cast<long>(looked_at)}});
    }
    agent.insert(agent.begin(), get_string(event, "Text"));
    customer.clear();
  }
  return out;
}

Turns read(eval::Encoder& encode) {
  auto const command = fmt::format("gzip -dc '{}'", (eval::data() / "star_dialogs/dialogues.jsonl.gz").string());
  std::unique_ptr<FILE, int (*)(FILE*)> const pipe(::popen(command.c_str(), "r"), ::pclose);
  Turns out;
  std::string line;
  std::size_t number = 0;
  for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    auto& side = ++number % 5 == 0 ? out.others : out.training;
    for (auto& turn : turns_of(parse_object(line).value())) {
      turn.vector = encode(turn.text);
      side.push_back(std::move(turn));
    }
    line.clear();
  }
  return out;
}

// Replies that are seen once teach nothing.
void drop_rare(std::vector<language::Example>& training) {
  std::map<std::string, int> count;
  for (auto const& turn : training) ++count[turn.intents.front()];
  std::erase_if(training, [&](auto const& turn) { return count[turn.intents.front()] < 5; });
}

double most_frequent(Turns const& turns) {
  std::map<std::string, int> count;
  for (auto const& turn : turns.training) ++count[turn.intents.front()];
  auto const top = std::ranges::max_element(count, {}, [](auto const& entry) { return entry.second; })->first;
  return static_cast<double>(std::ranges::count_if(turns.others, [&](auto const& t) { return t.intents[0] == top; }));
}

// Of the turn whose customer's words (and, `with_agent`, the agent's before) are nearest.
double nearest(Turns const& turns, eval::Encoder& encode, bool with_agent) {
  auto const bytes_of = [&](language::Example const& turn) {
    auto bytes = language::byte_query(turn.vector);
    if (!with_agent) return bytes;
    auto const before = language::byte_query(encode(turn.before.empty() ? "" : turn.before.front()));
    bytes.insert(bytes.end(), before.begin(), before.end());
    return bytes;
  };
  std::vector<std::int8_t> rows;
  for (auto const& turn : turns.training) {
    auto const bytes = bytes_of(turn);
    rows.insert(rows.end(), bytes.begin(), bytes.end());
  }
  double right = 0;
  std::vector<std::int32_t> sums(turns.training.size());
  for (auto const& turn : turns.others) {
    auto const query = bytes_of(turn);
    language::dot_rows(query.data(), rows.data(), query.size(), sums.size(), sums.data());
    auto const best = static_cast<std::size_t>(std::ranges::max_element(sums) - sums.begin());
    right += turns.training[best].intents == turn.intents;
  }
  return right;
}

}  // namespace

int main() {
  eval::Encoder encode;
  auto turns = read(encode);
  drop_rare(turns.training);
  auto const n = static_cast<double>(turns.others.size());
  std::array const baselines{most_frequent(turns), nearest(turns, encode, false), nearest(turns, encode, true)};
  fmt::print(stderr, "{} turns to learn from, {} to judge; baselines {:.3f} {:.3f} {:.3f}\n", turns.training.size(), n,
             baselines[0] / n, baselines[1] / n, baselines[2] / n);
  auto const model = eval::trained(turns.training, 2);
  double right = 0;
  for (auto const& turn : turns.others) {
    auto const sure = model.judge(turn.text, turn.before);
    auto const judged = sure ? *sure : model.judge(turn.text, turn.vector, turn.before);
    right += judged.intents.front().name == turn.intents.front();
  }
  auto const better = std::ranges::max(baselines) / n;
  eval::print_share("star", "accuracy", right, n, better + 0.1, better + 0.2,
                    fmt::format(R"(,"most_frequent":{:.4f},"nearest":{:.4f},"nearest_with_agent":{:.4f})",
                                baselines[0] / n, baselines[1] / n, baselines[2] / n));
}
