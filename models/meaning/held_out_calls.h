// Calls of the trades that the meaning was not trained on (README.md), turn by turn, as a guide hears them: the plain
// lines of each goal are the examples of a rule.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace sotto::eval {

struct HeldOutRecall {
  double recall = 0;     // of the turns that mean a goal, those whose rule is heard there ..
  double threshold = 0;  // .. from this cosine on, where other turns bring as many wrong rules a call as are allowed
  std::size_t said = 0, calls = 0;
};

class HeldOutCalls {
 public:
  using Encode = std::function<std::vector<float>(std::string const&)>;

  HeldOutCalls(std::filesystem::path const& meaning, Encode encode) : encode_(std::move(encode)) {
    for (auto const* trade : {"gym", "house_rental"}) {
      read_examples(meaning / "said" / trade);
      read_turns(meaning / "calls" / trade);
      judge(trade);
    }
  }

  // `wrong`: rules a call that may be heard where nobody means them, of twelve (as many as a small tenant has).
  HeldOutRecall at(double wrong) const {
    double low = 0, high = 1;
    for (int i = 0; i < 30; ++i) {
      auto const middle = (low + high) / 2;
      (wrong_a_call(middle) > wrong ? low : high) = middle;
    }
    auto const heard = std::ranges::count_if(said_, [&](double cosine) { return cosine >= high; });
    return {.recall = static_cast<double>(heard) / static_cast<double>(said_.size()),
            .threshold = high,
            .said = said_.size(),
            .calls = calls_.size()};
  }

 private:
  struct Turn {
    std::string call, who, text;
    std::set<std::string> goals;
  };
  struct Wrong {
    double cosine = 0, weight = 0;
    std::tuple<std::string, std::string, std::string> rule;  // trade, call, goal
  };
  static constexpr std::size_t kBefore = 2,
                               kBehind = 4;  // turns around one that means a goal are neither right nor wrong
  static constexpr double kRules = 12;

  static std::vector<std::string> split(std::string const& text, char between) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= text.size();) {
      auto const end = std::min(text.find(between, from), text.size());
      out.push_back(text.substr(from, end - from));
      from = end + 1;
    }
    return out;
  }
  void read_examples(std::filesystem::path file) {
    examples_.clear();
    std::ifstream in(file.replace_extension(".tsv"));
    for (std::string line; std::getline(in, line);) {
      auto const fields = split(line, '\t');
      if (fields.at(1) == "plain") examples_[fields[0]].push_back(encode_(fields.at(2)));
    }
  }
  void read_turns(std::filesystem::path file) {
    turns_.clear();
    std::ifstream in(file.replace_extension(".tsv"));
    for (std::string line; std::getline(in, line);) {
      auto const fields = split(line, '\t');
      auto const goals = split(fields.at(2), ',');
      turns_.push_back({fields[0], fields[1], fields.at(3), {goals.begin(), goals.end()}});
    }
  }

  // The turn, its sentences, and the turn behind the one before of the same party.
  std::vector<std::string> units(std::size_t place) const {
    auto const& turn = turns_[place];
    std::vector<std::string> out{turn.text};
    std::size_t from = 0;
    for (std::size_t i = 0; i + 1 < turn.text.size(); ++i) {
      if (turn.text[i + 1] != ' ' || std::string_view(".?!").find(turn.text[i]) == std::string_view::npos) continue;
      out.push_back(turn.text.substr(from, i + 1 - from));
      from = i + 2;
    }
    if (from > 0) out.push_back(turn.text.substr(from));
    for (auto before = place; before-- > 0 && turns_[before].call == turn.call;) {
      if (turns_[before].who != turn.who) continue;
      out.push_back(turns_[before].text + " " + turn.text);
      break;
    }
    return out;
  }
  bool near_one_that_means(std::size_t place, std::string const& goal) const {
    auto const last = std::min(turns_.size(), place + kBefore + 1);
    for (auto i = place - std::min(place, kBehind); i < last; ++i) {
      if (turns_[i].call == turns_[place].call && turns_[i].goals.contains(goal)) return true;
    }
    return false;
  }

  void judge(std::string const& trade) {
    for (std::size_t place = 0; place < turns_.size(); ++place) {
      auto const& turn = turns_[place];
      calls_.insert(trade + turn.call);
      std::vector<std::vector<float>> vectors;
      for (auto const& unit : units(place)) vectors.push_back(encode_(unit));
      for (auto const& [goal, lines] : examples_) {
        if (goal.starts_with("agent_") != (turn.who == "agent")) continue;
        double best = -1;
        for (auto const& vector : vectors) {
          for (auto const& line : lines)
            best = std::max(best, std::inner_product(vector.begin(), vector.end(), line.begin(), 0.0));
        }
        if (turn.goals.contains(goal)) said_.push_back(best);
        else if (!near_one_that_means(place, goal))
          wrong_.push_back({best, kRules / static_cast<double>(examples_.size()), {trade, turn.call, goal}});
      }
    }
  }
  // A rule is heard once a call.
  double wrong_a_call(double threshold) const {
    std::map<std::tuple<std::string, std::string, std::string>, double> heard;
    for (auto const& one : wrong_) {
      if (one.cosine >= threshold) heard[one.rule] = one.weight;
    }
    double sum = 0;
    for (auto const& [rule, weight] : heard) sum += weight;
    return sum / static_cast<double>(calls_.size());
  }

  Encode const encode_;
  std::map<std::string, std::vector<std::vector<float>>> examples_;  // of the trade that is being read, by goal
  std::vector<Turn> turns_;
  std::vector<double> said_;
  std::vector<Wrong> wrong_;
  std::set<std::string> calls_;
};

}  // namespace sotto::eval
