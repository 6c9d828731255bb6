// Stage 2, audio: where a track repeats the other one. Telephone systems copy one party into the other's channel,
// quietly (crosstalk: sidetone, echo, an open microphone) or as it is (both channels carry the same), at once or up to
// 400 ms later (packets, satellites, conferences). A copy is the same wave: maximum of the normalised cross-correlation
// over 100 ms at 4 kHz. Where it lies is looked for ten times a second, near by the wave itself, far by the loudness of
// 0.6 s first; a path once known is only followed. Frames of 16 kHz in, blocks of 20 ms out. No thread of its own.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace sotto::audio {

class Copies {
 public:
  struct Found {
    std::size_t side = 0;
    std::int64_t block = 0;  // of 20 ms, from 0
  };

  // At most 20 ms of a side, in order, holes left out.
  void append(std::size_t side, std::int64_t from, std::span<float const> samples);
  // The newest block that was compared repeats the other side: so will the next one.
  bool copying(std::size_t side) const { return sides_[side].copying; }
  // Blocks that are known to be copies since the last call.
  std::vector<Found> take();
  // Multiplications so far, for the bench.
  std::int64_t cost() const { return cost_; }

 private:
  static constexpr int kNone = 1 << 20;
  struct Side {
    std::int64_t begin = -1;  // of `slow`, in samples of 4 kHz; -1: nothing was heard
    std::deque<float> slow;   // the last two seconds at 4 kHz
    std::deque<int> lags;     // of the last searches; kNone: nothing alike
    int known_lag = kNone;    // of the path by which the other side comes here
    bool copying = false;

    std::int64_t end() const { return begin < 0 ? 0 : begin + static_cast<std::int64_t>(slow.size()); }
  };
  struct Match {
    double correlation = 0;
    int lag = 0;       // of this side behind the other
    double level = 0;  // root mean square of the other there
  };

  void compare();
  void compare(std::int64_t block);
  void search(std::int64_t block);
  int follow(std::size_t side, std::int64_t block);
  void note(std::size_t side, std::int64_t block, int lag);
  void mark(std::size_t side, std::int64_t block);
  Match match(std::size_t side, std::int64_t to, int least, int most);
  Match far_match(std::size_t side, std::int64_t to);
  bool is_copy(std::size_t side, double level, Match const& match) const;
  std::vector<float> window(Side const& side, std::int64_t from, std::int64_t to) const;
  std::vector<float> loudness(Side const& side, std::int64_t to, std::int64_t steps) const;

  std::array<Side, 2> sides_;
  std::int64_t compared_ = 0;  // blocks
  std::int64_t cost_ = 0;
  std::vector<Found> found_;
};

}  // namespace sotto::audio
