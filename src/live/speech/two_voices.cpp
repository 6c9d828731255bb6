#include "live/speech/two_voices.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "call/track.h"

namespace sotto::speech {

namespace {

constexpr std::size_t kJudgedMax = 200, kSettledAtOnce = 40;
constexpr int kRounds = 12;
// Labels of an engine are right nine times in ten, as far as is known.
constexpr double kLabelPrior = 0.1;

double log_sum(double a, double b) {
  auto const high = std::max(a, b);
  return high + std::log(std::exp(a - high) + std::exp(b - high));
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

void TwoVoices::add(VoicePiece piece) {
  pieces_.push_back(std::move(piece));
  if (pieces_.size() > kJudgedMax) settle();
}

double TwoVoices::spread(VoicePiece const& piece) const { return 1 + voice_space().short_piece / piece.voice.frames; }

// { log P(the same speaker), log P(another) } from the piece before to this one.
TwoVoices::Pair TwoVoices::change(VoicePiece const& piece) const {
  auto changes = piece.pause_s < 0.25 ? 0.12 : piece.pause_s < 0.6 ? 0.28 : 0.4;
  if (piece.after_question) changes = std::max(changes, 0.55) + 0.1;
  return {std::log(1 - changes), std::log(changes)};
}

TwoVoices::Pair TwoVoices::evidence(VoicePiece const& piece, Solution const& solution) const {
  Pair out{};
  for (auto const state : {0u, 1u}) {
    auto const said = piece.agent_odds * options_.words_weight;
    out[state] = -log_sum(0, state == index(Track::agent) ? -said : said);
    if (piece.label) {
      auto const& labels = solution.labels[state];
      double all = 2 * kLabelPrior;
      for (auto const& [_, count] : labels) all += count;
      auto const own = labels.find(*piece.label);
      out[state] += std::log((kLabelPrior + (own == labels.end() ? 0 : own->second)) / all);
      continue;
    }
    auto const& voice = solution.voices[state];
    if (piece.voice.at.empty()) continue;
    auto const within = spread(piece), scale = std::log(2 * std::numbers::pi * within);
    for (std::size_t axis = 0; axis < piece.voice.at.size() && axis < voice.mean.size(); ++axis) {
      auto const away = piece.voice.at[axis] - voice.mean[axis];
      auto const squares = away * away + voice.variance[axis];
      out[state] -= 0.5 * options_.voice_weight * (squares / within + scale);
    }
  }
  return out;
}

// The voices from the states.
void TwoVoices::fit(Solution& solution) const {
  auto const& between = voice_space().between;
  solution.bound = 0;
  for (auto const state : {0u, 1u}) {
    auto const& past = past_[state];
    std::vector<double> precision(between.size(), 0.0), pull(between.size(), 0.0);
    if (!past.precision.empty()) {
      precision = past.precision;
      for (std::size_t axis = 0; axis < pull.size(); ++axis) {
        pull[axis] = past.pull[axis] - past.precision[axis] * centre_[axis];
      }
    }
    solution.labels[state] = past.labels;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      auto const share = solution.states[i][state];
      if (pieces_[i].label) solution.labels[state][*pieces_[i].label] += share;
      if (pieces_[i].label || pieces_[i].voice.at.empty()) continue;
      auto const weight = options_.voice_weight * share / spread(pieces_[i]);
      for (std::size_t axis = 0; axis < between.size(); ++axis) {
        precision[axis] += weight;
        pull[axis] += weight * (pieces_[i].voice.at[axis] - centre_[axis]);
      }
    }
    auto& voice = solution.voices[state];
    voice.mean.resize(between.size());
    voice.variance.resize(between.size());
    for (std::size_t axis = 0; axis < between.size(); ++axis) {
      auto const prior = static_cast<double>(between[axis]);
      auto const variance = 1 / (1 / prior + precision[axis]);
      auto const mean = variance * pull[axis];
      voice.variance[axis] = variance;
      voice.mean[axis] = centre_[axis] + mean;
      solution.bound += 0.5 * (1 + std::log(variance / prior) - variance / prior - mean * mean / prior);
    }
  }
}

// The states from the voices: forward and backward.
void TwoVoices::judge(Solution& solution) const {
  auto const n = pieces_.size();
  std::vector<Pair> seen(n), forward(n), backward(n);
  for (std::size_t i = 0; i < n; ++i) seen[i] = evidence(pieces_[i], solution);
  Pair first = {std::log(1 - options_.first_is_agent), std::log(options_.first_is_agent)};
  if (settled_ > 0) {
    auto const step = change(pieces_.front());
    Pair const known = {std::log(before_[0] + 1e-9), std::log(before_[1] + 1e-9)};
    for (auto const state : {0u, 1u}) first[state] = log_sum(known[state] + step[0], known[1 - state] + step[1]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    auto const step = change(pieces_[i]);
    for (auto const state : {0u, 1u}) {
      auto const came =
          i == 0 ? first[state] : log_sum(forward[i - 1][state] + step[0], forward[i - 1][1 - state] + step[1]);
      forward[i][state] = came + seen[i][state];
    }
  }
  for (auto i = n; i-- > 0;) {
    if (i + 1 == n) continue;
    auto const step = change(pieces_[i + 1]);
    for (auto const state : {0u, 1u}) {
      backward[i][state] = log_sum(step[0] + seen[i + 1][state] + backward[i + 1][state],
                                   step[1] + seen[i + 1][1 - state] + backward[i + 1][1 - state]);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    auto const agent = sigmoid(forward[i][1] + backward[i][1] - forward[i][0] - backward[i][0]);
    solution.states[i] = {1 - agent, agent};
  }
  solution.bound += log_sum(forward[n - 1][0], forward[n - 1][1]);
}

TwoVoices::Solution TwoVoices::iterate(std::vector<Pair> states) const {
  Solution solution{.voices = {}, .labels = {}, .states = std::move(states), .bound = 0};
  for (int round = 0; round < kRounds; ++round) {
    fit(solution);
    judge(solution);
  }
  return solution;
}

// Where the search begins: as it was solved last, by the words alone, and by the two halves of the pieces along the
// line between the two that lie farthest apart, either way round.
std::vector<std::vector<TwoVoices::Pair>> TwoVoices::beginnings() const {
  auto const n = pieces_.size();
  std::vector<std::vector<Pair>> out;
  auto const begin = [&](auto agent) {
    auto& states = out.emplace_back(n);
    for (std::size_t i = 0; i < n; ++i) {
      auto const p = std::clamp<double>(agent(i), 0.02, 0.98);
      states[i] = {1 - p, p};
    }
  };
  auto const by_words = [&](std::size_t i) { return sigmoid(pieces_[i].agent_odds); };
  if (!solution_.states.empty()) {
    begin([&](std::size_t i) { return i < solution_.states.size() ? solution_.states[i][1] : by_words(i); });
  }
  begin(by_words);
  std::size_t one = n, other = n;
  double farthest = 0;
  auto const distance = [&](std::size_t i, std::size_t j) {
    double sum = 0;
    auto const& a = pieces_[i].voice.at;
    auto const& b = pieces_[j].voice.at;
    for (std::size_t axis = 0; axis < a.size() && axis < b.size(); ++axis)
      sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
    return sum;
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (pieces_[i].voice.at.empty() || pieces_[j].voice.at.empty()) continue;
      auto const apart = distance(i, j) / (spread(pieces_[i]) + spread(pieces_[j]));
      if (apart <= farthest) continue;
      farthest = apart;
      one = i;
      other = j;
    }
  }
  if (one == n) return out;
  auto const nearer = [&](std::size_t i) { return distance(i, one) < distance(i, other) ? 0.9 : 0.1; };
  begin([&](std::size_t i) { return pieces_[i].voice.at.empty() ? 0.5 : nearer(i); });
  begin([&](std::size_t i) { return pieces_[i].voice.at.empty() ? 0.5 : 1 - nearer(i); });
  return out;
}

void TwoVoices::solve() {
  if (pieces_.empty()) return;
  // The line and the room are the same for both: voices differ from the call's own middle.
  auto const& between = voice_space().between;
  centre_.assign(between.size(), 0.0);
  double all = 30;  // frames' worth of belief in the middle of all calls
  for (auto const& piece : pieces_) {
    for (std::size_t axis = 0; axis < piece.voice.at.size(); ++axis) {
      centre_[axis] += piece.voice.frames * piece.voice.at[axis];
    }
    all += piece.voice.at.empty() ? 0 : piece.voice.frames;
  }
  for (auto& value : centre_) value /= all;
  auto begun = beginnings();
  // The first is how it was solved last. To exchange the parties takes clearly more: all that was told is told anew.
  auto const margin = solution_.states.empty() ? 0 : options_.turn_margin;
  auto const stay = iterate(std::move(begun.front()));
  auto best = stay;
  for (std::size_t i = 1; i < begun.size(); ++i) {
    auto found = iterate(std::move(begun[i]));
    auto const least = exchanged(found, stay) ? stay.bound + margin : stay.bound;
    if (found.bound > std::max(best.bound, least)) best = std::move(found);
  }
  // The same voices with their parties exchanged: how much worse does that explain the words?
  auto mirrored = best.states;
  for (auto& [customer, agent] : mirrored) std::swap(customer, agent);
  auto const rival = iterate(std::move(mirrored));
  turned_ = exchanged(rival, best) ? rival.bound - best.bound : -std::numeric_limits<double>::infinity();
  solution_ = std::move(best);
}

// Of more than half of the pieces they say the opposite.
bool TwoVoices::exchanged(Solution const& one, Solution const& other) {
  double apart = 0;
  for (std::size_t i = 0; i < one.states.size(); ++i) apart += std::abs(one.states[i][0] - other.states[i][0]);
  return apart > 0.5 * static_cast<double>(one.states.size());
}

std::optional<double> TwoVoices::agent(std::int64_t piece) const {
  auto const at = piece - settled_;
  if (at < 0 || at >= static_cast<std::int64_t>(solution_.states.size())) return std::nullopt;
  return solution_.states[static_cast<std::size_t>(at)][index(Track::agent)];
}

double TwoVoices::guess(VoicePiece const& piece) const {
  if (solution_.states.empty()) return sigmoid(piece.agent_odds * options_.words_weight);
  auto const seen = evidence(piece, solution_);
  auto const step = change(piece);
  auto const& last = solution_.states.back();
  auto const came = [&](std::size_t state) {
    return log_sum(std::log(last[state] + 1e-9) + step[0], std::log(last[1 - state] + 1e-9) + step[1]);
  };
  return sigmoid(seen[1] + came(1) - seen[0] - came(0));
}

// The oldest pieces stay as they are: what they say of the voices is kept as sums.
void TwoVoices::settle() {
  auto const count = std::min(kSettledAtOnce, solution_.states.size());
  auto const axes = voice_space().between.size();
  for (std::size_t i = 0; i < count; ++i) {
    auto const& piece = pieces_[i];
    before_ = solution_.states[i];
    for (auto const state : {0u, 1u}) {
      auto& past = past_[state];
      past.precision.resize(axes);
      past.pull.resize(axes);
      if (piece.label) past.labels[*piece.label] += before_[state];
      if (piece.label || piece.voice.at.empty()) continue;
      auto const weight = options_.voice_weight * before_[state] / spread(piece);
      for (std::size_t axis = 0; axis < axes; ++axis) {
        past.precision[axis] += weight;
        past.pull[axis] += weight * piece.voice.at[axis];
      }
    }
  }
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(count));
  solution_.states.erase(solution_.states.begin(), solution_.states.begin() + static_cast<std::ptrdiff_t>(count));
  settled_ += static_cast<std::int64_t>(count);
}

}  // namespace sotto::speech
