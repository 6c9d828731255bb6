// The trades that the meaning was not trained on (README.md): what people say beside the plain lines of each goal of
// their trade, the near misses beside those of their own goal, small talk beside all.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace sotto::eval {

struct HeldOut {
  double first = 0;                   // of what is said is nearest to a line of its own goal
  double recall = 0, near_false = 0;  // of what is said, of near misses, above the cosine ..
  double threshold = 0;               // .. that one in two hundred others passes
  std::size_t said = 0, near = 0, others = 0;
};

class HeldOutTrades {
 public:
  using Encode = std::function<std::vector<float>(std::string const&)>;
  using Lines = std::map<std::string, std::vector<std::vector<float>>>;  // by kind: plain, said, near

  HeldOutTrades(std::filesystem::path const& models, Encode encode) {
    std::vector<std::vector<float>> talk;
    std::ifstream background(models / "intents/background.txt");
    for (std::string line; std::getline(background, line);) {
      if (!line.empty()) talk.push_back(encode(line));
    }
    for (auto const* trade : {"gym", "house_rental"}) judge(goals_of(models / "meaning/said" / trade, encode), talk);
  }

  HeldOut figures() {
    std::ranges::sort(others_, std::greater());
    HeldOut out{.said = said_.size(), .near = near_.size(), .others = others_.size()};
    out.threshold = others_.at(others_.size() / 200);
    auto const above = [&](std::vector<double> const& cosines) {
      auto const count = std::ranges::count_if(cosines, [&](double cosine) { return cosine > out.threshold; });
      return static_cast<double>(count) / static_cast<double>(cosines.size());
    };
    out.recall = above(said_);
    out.near_false = above(near_);
    out.first = static_cast<double>(first_) / static_cast<double>(said_.size());
    return out;
  }

 private:
  static std::map<std::string, Lines> goals_of(std::filesystem::path file, Encode const& encode) {
    std::map<std::string, Lines> out;
    std::ifstream in(file.replace_extension(".tsv"));
    for (std::string line; std::getline(in, line);) {
      auto const first = line.find('\t'), second = line.find('\t', first + 1);
      out[line.substr(0, first)][line.substr(first + 1, second - first - 1)].push_back(encode(line.substr(second + 1)));
    }
    return out;
  }
  static double nearest(std::vector<float> const& one, std::vector<std::vector<float>> const& others) {
    double best = -1;
    for (auto const& other : others)
      best = std::max(best, std::inner_product(one.begin(), one.end(), other.begin(), 0.0));
    return best;
  }
  void judge(std::map<std::string, Lines> const& goals, std::vector<std::vector<float>> const& talk) {
    for (auto const& [goal, lines] : goals) {
      for (auto const& said : lines.at("said")) {
        auto const own = nearest(said, lines.at("plain"));
        bool first = true;
        for (auto const& [other, of_other] : goals) {
          if (other == goal) continue;
          others_.push_back(nearest(said, of_other.at("plain")));
          first = first && others_.back() < own;
        }
        said_.push_back(own);
        first_ += first ? 1 : 0;
      }
      for (auto const& near : lines.at("near")) near_.push_back(nearest(near, lines.at("plain")));
      for (auto const& line : talk) others_.push_back(nearest(line, lines.at("plain")));
    }
  }

  std::vector<double> said_, near_, others_;
  std::size_t first_ = 0;
};

}  // namespace sotto::eval
