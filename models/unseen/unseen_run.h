// What the parts of eval_unseen share: the part that is scored, and how figures are printed.
#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/algorithm/string.hpp>

#include "entities/figures.h"
#include "guidance/guidance_eval.h"
#include "unseen/unseen_report.h"

namespace sotto::unseen {

inline std::filesystem::path const kSet = "tests/unseen", kOut = "build/unseen";

struct Run {
  std::string part;
  Report report;
  std::unique_ptr<app::CallReplayRoom> room;

  std::string keys(std::string const& more = "") const { return fmt::format(R"(,"part":"{}"{})", part, more); }
  void share(std::string_view figure, long hits, long n, std::string const& more = "") const {
    std::puts(eval::share("unseen", figure, hits, n, keys(more)).c_str());
    std::fflush(stdout);
  }
};

// Cues a call with their interval (Byar's).
inline void print_rate(Run const& run, std::string_view figure, long count, std::size_t calls,
                       std::string const& more = "") {
  auto const n = static_cast<double>(calls), k = static_cast<double>(count);
  auto const [low, high] = eval::byar(k);
  fmt::print(R"({{"bench":"unseen","figure":"{}","value":{:.4f},"unit":"cues a call","n":{},"ci95":[{:.4f},{:.4f}]{}}})"
             "\n",
             figure, k / n, calls, low / n, high / n, run.keys(more));
  std::fflush(stdout);
}

// By frame: what was found, of how many. Items of one frame share its wording, so the interval over frames is the
// honest one.
using ByFrame = std::map<std::string, std::pair<long, long>>;

inline void print_by_frame(Run const& run, std::string_view figure, ByFrame const& counts,
                           std::string const& more = "") {
  std::vector<std::pair<long, long>> frames;
  long hits = 0, all = 0;
  for (auto const& [frame, of] : counts) {
    frames.push_back(of);
    hits += of.first;
    all += of.second;
  }
  auto interval = eval::bootstrapped(frames.size(), [&](std::vector<std::size_t> const& sample) {
    double found = 0, n = 0;
    for (auto const i : sample)
      found += static_cast<double>(frames[i].first), n += static_cast<double>(frames[i].second);
    return found / n;
  });
  boost::replace_all(interval, "ci95", "ci95_by_frame");
  run.share(figure, hits, all, fmt::format(R"(,"frames":{}{}{})", frames.size(), interval, more));
}

}  // namespace sotto::unseen
