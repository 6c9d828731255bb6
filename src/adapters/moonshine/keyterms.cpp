#include "adapters/moonshine/keyterms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sotto {

namespace {
// As differences of logits. More breaks the smaller model; less finds fewer terms (docs/tried.md).
constexpr float kRaise = 2;
// Of that, what counts between whole texts.
constexpr float kCredit = 0.5f;

// The further into a term, the surer it is.
float raise_at(std::size_t depth) { return kRaise * (1 + std::log(static_cast<float>(depth + 1))); }

// The place of the highest, in lanes: one by one takes as long as a layer of the model.
std::size_t highest(std::span<float const> values) {
  constexpr std::size_t lanes = 16;
  std::array<float, lanes> most;
  most.fill(-std::numeric_limits<float>::infinity());
  std::size_t at = 0;
  for (; at + lanes <= values.size(); at += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) most[lane] = std::max(most[lane], values[at + lane]);
  }
  auto top = *std::ranges::max_element(most);
  for (; at < values.size(); ++at) top = std::max(top, values[at]);
  auto const found = std::ranges::find(values, top);
  return found == values.end() ? 0 : static_cast<std::size_t>(found - values.begin());
}
}  // namespace

Keyterms::Keyterms(std::span<std::string const> terms, MoonshineTokens const& tokens) {
  for (auto const& term : terms) {
    sounding_.push_back({term, sound_of(term)});
    for (auto const& text : {term, " " + term}) {  // at the beginning of a text, and inside
      std::size_t place = 0;
      for (auto const token : tokens.encode(text)) {
        auto& steps = places_[place].steps;
        auto const known = std::ranges::find(steps, token, &Step::token);
        if (known != steps.end()) {
          place = known->place;
          continue;
        }
        steps.push_back({token, places_.size()});
        place = places_.size();
        places_.emplace_back();
      }
      places_[place].whole = place > 0;
    }
  }
}

KeytermBias::KeytermBias(Keyterms const* terms) : terms_(terms) {
  if (!terms_) return;
  places_.push_back({});
  raise();
}

void KeytermBias::follow(Token token) {
  if (!terms_) return;
  std::vector<Place> next{{}};
  float kept = 0;
  for (auto const& [place, depth, gained] : places_) {
    auto const& steps = terms_->places_[place].steps;
    auto const step = std::ranges::find(steps, token, &Keyterms::Step::token);
    if (step == steps.end()) continue;
    bool const whole = terms_->places_[step->place].whole;
    auto const now = gained + raise_at(depth);
    if (whole) kept = std::max(kept, now);
    next.push_back({step->place, depth + 1, whole ? 0 : now});
  }
  kept_ += kept;
  places_ = std::move(next);
  raise();
}

void KeytermBias::raise() {
  raised_.clear();
  for (auto const& [place, depth, gained] : places_) {
    for (auto const& step : terms_->places_[place].steps) raised_.push_back({step.token, raise_at(depth)});
  }
}

std::vector<Token> KeytermBias::raised() const {
  std::vector<Token> tokens;
  for (auto const& raised : raised_) tokens.push_back(raised.token);
  std::ranges::sort(tokens);
  tokens.erase(std::ranges::unique(tokens).begin(), tokens.end());
  return tokens;
}

float KeytermBias::credit_with(Token token) const {
  float more = 0;
  for (auto const& [place, depth, gained] : places_) {
    auto const& steps = terms_->places_[place].steps;
    if (std::ranges::find(steps, token, &Keyterms::Step::token) != steps.end()) {
      more = std::max(more, gained + raise_at(depth));
    }
  }
  return kCredit * (kept_ + more);
}

Token KeytermBias::best(std::span<float const> logits) const {
  auto best = static_cast<Token>(highest(logits));
  auto most = logits[static_cast<std::size_t>(best)];
  for (auto const& [token, by] : raised_) {
    if (logits[static_cast<std::size_t>(token)] + by <= most) continue;
    best = token;
    most = logits[static_cast<std::size_t>(token)] + by;
  }
  return best;
}

float KeytermBias::value(std::span<float const> logits, Token token) const {
  float by = 0;
  for (auto const& raised : raised_) {
    if (raised.token == token) by = std::max(by, raised.by);
  }
  return logits[static_cast<std::size_t>(token)] + by;
}

}  // namespace sotto
