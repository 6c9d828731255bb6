#include "adapters/moonshine/keyterms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sotto {

namespace {
// As differences of logits. More breaks the smaller model; less finds fewer terms (docs/tried.md).
constexpr float kRaise = 2;

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
        auto const known = std::ranges::find(places_[place], token, &Step::token);
        if (known != places_[place].end()) {
          place = known->place;
          continue;
        }
        places_[place].push_back({token, places_.size()});
        place = places_.size();
        places_.emplace_back();
      }
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
  for (auto const& [place, depth] : places_) {
    auto const& steps = terms_->places_[place];
    auto const step = std::ranges::find(steps, token, &Keyterms::Step::token);
    if (step != steps.end()) next.push_back({step->place, depth + 1});
  }
  places_ = std::move(next);
  raise();
}

// The further into a term, the surer it is.
void KeytermBias::raise() {
  raised_.clear();
  for (auto const& [place, depth] : places_) {
    auto const by = kRaise * (1 + std::log(static_cast<float>(depth + 1)));
    for (auto const& step : terms_->places_[place]) raised_.push_back({step.token, by});
  }
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
