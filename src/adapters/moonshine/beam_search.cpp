#include "adapters/moonshine/beam_search.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sotto {
namespace {

// Natural logarithms of ratios of probabilities. A text that is so much less likely than the best is given up.
constexpr float kFarBehind = 2;
// A token of an earlier hypothesis is not asked about beside others where it is as likely as this.
constexpr float kSure = -0.2f;
constexpr std::size_t kSampleRate = 16000;

// What an earlier hypothesis has behind this token, which stands near its beginning: the words there may be right
// again.
std::optional<std::span<Token const>> behind_token(std::span<Token const> hypothesis, Token token) {
  constexpr std::size_t near = 6;
  auto const beginning = hypothesis.first(std::min(near, hypothesis.size()));
  auto const found = std::ranges::find(beginning, token);
  if (found == beginning.end()) return std::nullopt;
  return hypothesis.subspan(static_cast<std::size_t>(found - beginning.begin()) + 1);
}

Token best_of(std::span<float const> logits, std::vector<bool> const& only) {
  Token best = MoonshineTokens::end;
  for (std::size_t token = 0; token < only.size(); ++token) {
    if (only[token] && logits[token] > logits[static_cast<std::size_t>(best)]) best = static_cast<Token>(token);
  }
  return best;
}

class Search {
 public:
  Search(std::span<Expert const> experts, DecodeHints const& hints, std::size_t most, std::size_t samples)
      : experts_(experts), hints_(hints), most_(most), samples_(samples), left_(hints.known) {
    texts_.push_back({.bias = KeytermBias(hints.keyterms)});
  }

  Result<FoundText> run() {
    std::vector<Token> sure{MoonshineTokens::start};
    sure.insert(sure.end(), hints_.said.begin(), hints_.said.end());
    for (auto const token : hints_.said) texts_.front().bias.follow(token);
    auto passed = pass_over(sure, hints_.known);
    while (passed && go_on()) passed = pass_over_newest();
    if (!passed) return std::unexpected(passed.error());
    return std::move(*found_);
  }

 private:
  struct Text {
    std::vector<Token> tokens;
    std::vector<TokenScore> scores;
    float likelihood = 0;  // logarithm
    KeytermBias bias;
    std::vector<float> next;  // of each word, behind the tokens
  };
  struct Candidate {
    std::size_t text = 0;
    Token token = 0;
    float worth = 0;  // likelihood of the text with the token, and what its terms gain it
  };

  // The words that come next by all experts: logits of one, of several the weighted mean of the logarithms.
  std::vector<float> next_words(std::size_t row, std::size_t at) const {
    auto const first = experts_.front().rows.logits(row, at);
    if (experts_.size() == 1 && hints_.beam == 1) return {first.begin(), first.end()};
    std::vector<float> next(first.size());
    for (auto const& [rows, weight] : experts_) {
      auto const logits = rows.logits(row, at);
      auto const end = static_cast<std::size_t>(MoonshineTokens::end);
      auto const all = logits[end] - score_of(logits, end).log_probability;
      auto const shared = std::min(next.size(), logits.size());
      for (std::size_t word = 0; word < shared; ++word) next[word] += weight * (logits[word] - all);
    }
    return next;
  }

  // The one text goes on by `sure`, and by as much of `guess` as the models agree with.
  Result<void> pass_over(std::span<Token const> sure, std::span<Token const> guess) {
    std::vector<Token> ids(sure.begin(), sure.end());
    ids.insert(ids.end(), guess.begin(), guess.end());
    for (auto const& expert : experts_) {
      if (auto done = expert.rows.append(ids, guess.size() + 1); !done) return done;
    }
    auto& text = texts_.front();
    for (std::size_t agreed = 0;; ++agreed) {
      text.next = next_words(0, agreed);
      if (agreed == guess.size() || !keeps(text, guess[agreed])) {
        left_ = guess.subspan(agreed);
        for (auto const& expert : experts_) expert.rows.shorten(expert.rows.positions() - (guess.size() - agreed));
        return {};
      }
      take(text, guess[agreed]);
    }
  }

  bool keeps(Text const& text, Token token) const {
    auto const best = best_next(text);
    if (hints_.beam > 1)
      return best == token && score_of(text.next, static_cast<std::size_t>(token)).log_probability > kSure;
    return best == token || text.bias.value(text.next, best) - text.bias.value(text.next, token) < hints_.doubt;
  }

  Token best_next(Text const& text) const {
    return hints_.only ? best_of(text.next, *hints_.only) : text.bias.best(text.next);
  }

  void take(Text& text, Token token) const {
    text.scores.push_back(score_of(text.next, static_cast<std::size_t>(token)));
    text.tokens.push_back(token);
    text.likelihood += text.next[static_cast<std::size_t>(token)];
    text.bias.follow(token);
  }

  // Of each text the next token, of all the likeliest. False: the text is found.
  bool go_on() {
    auto chosen = likeliest();
    std::vector<Text> texts;
    std::vector<std::size_t> parents;
    std::optional<FoundText> looping;
    for (auto const& [from, token, worth] : chosen) {
      auto text = texts_[from];
      take(text, token);
      auto const loop = loop_in(text.tokens, samples_);
      if (loop > 0 || text.tokens.size() > most_) {
        // What came before a loop was heard; without a loop nobody knows where it went astray.
        text.tokens.resize(loop > 0 ? text.tokens.size() - loop : 0);
        if (!looping) looping = found(text, from, std::nullopt);
        continue;
      }
      texts.push_back(std::move(text));
      parents.push_back(from);
    }
    if (texts.empty()) {
      if (!found_) found_ = std::move(looping);
      return false;
    }
    for (auto const& expert : experts_) expert.rows.keep(parents);
    texts_ = std::move(texts);
    return true;
  }

  // The likeliest that go on; an end that is likelier than all before is kept.
  std::vector<Candidate> likeliest() {
    std::vector<Candidate> all;
    for (std::size_t at = 0; at < texts_.size(); ++at) add_candidates(at, all);
    std::ranges::sort(all, std::ranges::greater{}, &Candidate::worth);
    if (all.size() > hints_.beam) all.resize(hints_.beam);
    auto const least = all.front().worth - kFarBehind;
    std::vector<Candidate> chosen;
    for (auto const& one : all) {
      if (one.worth < least || (found_ && one.worth <= found_worth_)) continue;
      if (one.token != MoonshineTokens::end) {
        chosen.push_back(one);
        continue;
      }
      auto const& text = texts_[one.text];
      found_ = found(text, one.text, score_of(text.next, static_cast<std::size_t>(MoonshineTokens::end)));
      found_worth_ = one.worth;
    }
    std::erase_if(chosen, [&](Candidate const& one) { return found_ && one.worth <= found_worth_; });
    return chosen;
  }

  void add_candidates(std::size_t at, std::vector<Candidate>& all) const {
    auto const& text = texts_[at];
    auto const candidate = [&](Token token) {
      auto const next = text.next[static_cast<std::size_t>(token)];
      return Candidate{at, token, text.likelihood + next + text.bias.credit_with(token)};
    };
    auto const best = candidate(best_next(text));
    all.push_back(best);
    if (hints_.beam == 1) return;
    auto const least = best.worth - kFarBehind - text.likelihood - text.bias.credit_with(MoonshineTokens::start);
    for (std::size_t word = 0; word < text.next.size(); ++word) {
      auto const token = static_cast<Token>(word);
      if (text.next[word] >= least && token != best.token) all.push_back(candidate(token));
    }
    for (auto const token : text.bias.raised()) {
      if (text.next[static_cast<std::size_t>(token)] < least && token != best.token) all.push_back(candidate(token));
    }
  }

  FoundText found(Text const& text, std::size_t row, std::optional<TokenScore> end) const {
    return {.tokens = text.tokens, .scores = text.scores, .end = end, .asked = experts_.front().rows.asked(row)};
  }

  // The newest token of each text; of a single one also what an earlier hypothesis has behind it.
  Result<void> pass_over_newest() {
    std::vector<Token> newest;
    for (auto const& text : texts_) newest.push_back(text.tokens.back());
    if (texts_.size() == 1) {
      auto const behind = behind_token(left_, newest.front());
      if (behind) left_ = *behind;
      auto const left = left_;
      auto const passed = pass_over(newest, behind.value_or(std::span<Token const>()));
      if (!behind) left_ = left;
      return passed;
    }
    if (auto const behind = behind_token(left_, newest.front())) left_ = *behind;  // the likeliest text
    for (auto const& expert : experts_) {
      if (auto done = expert.rows.append(newest, 1); !done) return done;
    }
    for (std::size_t row = 0; row < texts_.size(); ++row) texts_[row].next = next_words(row, 0);
    return {};
  }

  // Given.
  std::span<Expert const> const experts_;
  DecodeHints const& hints_;
  std::size_t const most_, samples_;
  // State.
  std::span<Token const> left_;  // of the earlier hypothesis
  std::vector<Text> texts_;      // in the order of the experts' rows
  std::optional<FoundText> found_;
  float found_worth_ = -std::numeric_limits<float>::infinity();
};

}  // namespace

std::size_t loop_in(std::span<Token const> tokens, std::size_t samples) {
  // A caller may well read out "zero zero zero zero", or say "no" ten times. A word and its comma are two tokens;
  // people say up to three short words a second, so that many repeats may be real.
  constexpr double words_per_second = 3;
  auto const words = words_per_second * static_cast<double>(samples) / static_cast<double>(kSampleRate);
  for (std::size_t length = 1; length <= 8; ++length) {
    std::size_t const suspect = length == 1 ? 9 : length == 2 ? 6 : 4;
    auto const possible = static_cast<std::size_t>(words / static_cast<double>((length + 1) / 2));
    auto const repeats = std::max(suspect, possible + 1);
    if (tokens.size() < length * repeats) continue;
    auto const tail = tokens.last(length * repeats);
    if (std::equal(tail.begin() + length, tail.end(), tail.begin())) return length * repeats;
  }
  return 0;
}

Result<FoundText> search_text(std::span<Expert const> experts, DecodeHints const& hints, std::size_t most,
                              std::size_t samples) {
  return Search(experts, hints, most, samples).run();
}

}  // namespace sotto
