// Which of the two parties speaks each piece of a call: a hidden Markov model of two states, customer and agent, whose
// voices are Gaussians in the voice space with a prior over their means, solved by variational Bayes as in VBx
// (Landini et al., Computer Speech & Language 2022), here with two states that have names: what is said in a piece is
// evidence for its state beside the voice. Solved anew with every piece from several beginnings, so that early pieces
// profit from later ones. Bound: the newest 200 pieces (some eight minutes) are judged again, older ones stay
// as they were and remain in the voices. About 1 ms. Pure state, confined to the call's loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "live/speech/voice_vector.h"

namespace sotto::speech {

struct VoicePiece {
  VoiceVector voice;
  std::optional<int> label;  // the voice's number where the engine tells voices apart itself
  double agent_odds = 0;     // log odds of the words
  double pause_s = 0;        // before it
  bool after_question = false;
};

struct TwoVoicesOptions {
  double voice_weight = 0.8;  // how much of the voice's evidence counts, and of the words': each repeats itself
  double words_weight = 0.8;
  double turn_margin = 3;        // nats by which the parties must be better exchanged than as they were told
  double first_is_agent = 0.85;  // who answers speaks first, but for calls that the agent makes
};

class TwoVoices {
 public:
  explicit TwoVoices(TwoVoicesOptions options = {}) : options_(options) {}

  void add(VoicePiece piece);
  // Judges all pieces again. Afterwards agent(i) is the probability that the agent spoke the i-th piece of the call.
  void solve();
  std::int64_t size() const { return settled_ + static_cast<std::int64_t>(pieces_.size()); }
  // nullopt for those that are not judged any more.
  std::optional<double> agent(std::int64_t piece) const;
  // Log odds that the two parties are exchanged throughout; minus infinity where no such reading was found.
  double turned() const { return turned_; }
  // Of a piece that follows the newest one but is not kept.
  double guess(VoicePiece const& piece) const;

 private:
  using Pair = std::array<double, 2>;  // by Track: customer, agent
  struct Voice {
    std::vector<double> mean, variance;
  };
  struct Sums {  // of pieces of one state: of weight / spread, of weight * position / spread, along each axis
    std::vector<double> precision, pull;
    std::map<int, double> labels;
  };
  struct Solution {
    std::array<Voice, 2> voices;
    std::array<std::map<int, double>, 2> labels;
    std::vector<Pair> states;
    double bound = 0;  // evidence lower bound
  };

  std::vector<std::vector<Pair>> beginnings() const;
  Solution iterate(std::vector<Pair> states) const;
  void fit(Solution& solution) const;
  void judge(Solution& solution) const;
  Pair evidence(VoicePiece const& piece, Solution const& solution) const;
  Pair change(VoicePiece const& piece) const;
  double spread(VoicePiece const& piece) const;
  void settle();
  static bool exchanged(Solution const& one, Solution const& other);

  TwoVoicesOptions const options_;
  std::deque<VoicePiece> pieces_;
  std::int64_t settled_ = 0;
  std::array<Sums, 2> past_;  // of the settled pieces
  Pair before_{};             // state of the last settled piece
  std::vector<double> centre_;
  Solution solution_;
  double turned_ = -std::numeric_limits<double>::infinity();
};

}  // namespace sotto::speech
