#include "aftercall/replies.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <set>
#include <span>

#include "base/byte_rows.h"
#include "base/json.h"
#include "call/utterance.h"
#include "language/intents/ngrams.h"
#include "language/numbers/spelled.h"
#include "language/numbers/spoken.h"

namespace sotto::aftercall {

namespace {

// Cosines from which two customers said the same, and two agents answered the same.
constexpr float kSaidAlike = 0.6F, kAnsweredAlike = 0.55F;
constexpr std::size_t kCustomerWords = 4, kCustomerWordsMost = 40, kReplyWords = 5, kReplyWordsMost = 35;
constexpr std::size_t kExamples = 8;

struct Turn {
  Track speaker = Track::customer;
  std::string text;
  bool named = false;  // a number, a date, a person
  double sentiment = 0;
};

std::size_t words_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) count += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
  return count;
}

// Two digits in a row, said or written, or three letters one by one: a code, a year, a postcode, a part of a number.
bool says_digits(Utterance const& utterance) {
  std::vector<language::HeardWord> words;
  std::vector<std::string> folded;
  for (auto const& word : language::plain_words(utterance.text)) {
    words.push_back({word, 0, 0});
    folded.push_back(language::fold(word));
  }
  auto const runs = language::runs_of(language::read_spelled(words, folded, std::vector<bool>(words.size())));
  return std::ranges::any_of(runs, [](auto const& run) {
    return run.text.size() >= 3 ||
           std::ranges::count_if(run.text, [](unsigned char c) { return std::isdigit(c); }) >= 2;
  });
}

// Digits and what was masked give away more than entities that were recognised.
bool gives_away(Utterance const& utterance) {
  return !utterance.entities.empty() || says_digits(utterance) ||
         std::ranges::any_of(utterance.text, [](unsigned char c) { return std::isdigit(c) || c == '['; });
}

// Finals, each in its newest reading, as turns.
std::vector<Turn> turns_of(std::vector<Event> const& events) {
  std::map<std::string, Utterance> newest;
  std::vector<std::string> order;
  std::map<std::string, double> sentiment;
  for (auto const& event : events) {
    if (auto const* utterance = words_of(event)) {
      auto const id = utterance->id();
      if (!newest.contains(id)) order.push_back(id);
      newest[id] = *utterance;
    } else if (auto const* understood = event.as<Understood>()) {
      sentiment[understood->utterance] = understood->sentiment.value_or(0);
    }
  }
  std::ranges::sort(order, {}, [&](auto const& id) { return std::pair(newest[id].start_ms, id); });
  std::vector<Turn> turns;
  for (auto const& id : order) {
    auto const& said = newest[id];
    if (turns.empty() || turns.back().speaker != said.said_by()) turns.push_back({said.said_by(), {}});
    auto& turn = turns.back();
    turn.text += (turn.text.empty() ? "" : " ") + said.text;
    turn.named = turn.named || gives_away(said);
    if (sentiment.contains(id)) turn.sentiment = sentiment[id];
  }
  return turns;
}

// The first sentences, as many as fit; empty where the first one is too long.
std::string beginning(std::string const& text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const ends =
        (text[i] == '.' || text[i] == '?' || text[i] == '!') && (i + 1 == text.size() || text[i + 1] == ' ');
    if (!ends && i + 1 < text.size()) continue;
    if (words_in(std::string_view(text).substr(0, i + 1)) > kReplyWordsMost) break;
    end = i + 1;
  }
  return text.substr(0, end);
}

// Cosines of every pair, a row at a time.
class Nearness {
 public:
  Nearness(std::vector<Exchange> const& exchanges, std::vector<float> Exchange::* vector) : count_(exchanges.size()) {
    for (auto const& exchange : exchanges) {
      auto const bytes = language::byte_query(exchange.*vector);
      width_ = bytes.size();
      rows_.insert(rows_.end(), bytes.begin(), bytes.end());
    }
  }
  std::vector<float> of(std::size_t i) const {
    std::vector<std::int16_t> const query(row(i).begin(), row(i).end());
    std::vector<std::int32_t> sums(count_);
    language::dot_rows(query.data(), rows_.data(), width_, count_, sums.data());
    std::vector<float> out;
    for (auto const sum : sums) out.push_back(static_cast<float>(sum) * language::kCosineOfBytes);
    return out;
  }

 private:
  std::span<std::int8_t const> row(std::size_t i) const { return std::span(rows_).subspan(i * width_, width_); }

  std::size_t count_, width_ = 0;
  std::vector<std::int8_t> rows_;
};

class Learner {
 public:
  Learner(std::vector<Exchange> const& exchanges, std::size_t least_calls)
      : exchanges_(exchanges),
        least_calls_(least_calls),
        customers_(exchanges, &Exchange::customer_vector),
        replies_(exchanges, &Exchange::reply_vector) {}

  std::vector<LearnedReply> run() {
    auto const order = by_company();
    std::vector<bool> taken(exchanges_.size(), false);
    std::vector<LearnedReply> out;
    for (auto const middle : order) {
      if (taken[middle]) continue;
      auto const nearness = customers_.of(middle);
      std::vector<std::size_t> group;
      for (std::size_t i = 0; i < nearness.size(); ++i) {
        if (!taken[i] && nearness[i] >= kSaidAlike) group.push_back(i);
      }
      std::ranges::sort(group, {}, [&](auto i) { return std::pair(-nearness[i], i); });
      for (auto const i : group) taken[i] = true;
      if (auto learned = agreed(group)) out.push_back(std::move(*learned));
    }
    std::ranges::sort(out, {},
                      [](auto const& learned) { return std::pair(-static_cast<long>(learned.calls), learned.reply); });
    return out;
  }

 private:
  // Those that most others are like come first: they are the middle of their group.
  std::vector<std::size_t> by_company() const {
    std::vector<std::size_t> company(exchanges_.size()), order(exchanges_.size());
    for (std::size_t i = 0; i < company.size(); ++i)
      company[i] = static_cast<std::size_t>(
          std::ranges::count_if(customers_.of(i), [](float nearness) { return nearness >= kSaidAlike; }));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](auto i) { return std::pair(-static_cast<long>(company[i]), i); });
    return order;
  }

  // The reply of the group that is most like the others; those after which customers were glad count more.
  std::optional<LearnedReply> agreed(std::vector<std::size_t> const& group) const {
    std::optional<LearnedReply> best;
    double best_score = 0;
    for (auto const candidate : group) {
      if (exchanges_[candidate].sentiment_after < 0) continue;
      auto const nearness = replies_.of(candidate);
      std::set<std::string> calls, agents;
      double score = 0, cosines = 0, count = 0;
      for (auto const i : group) {
        if (nearness[i] < kAnsweredAlike) continue;
        calls.insert(exchanges_[i].call);
        agents.insert(exchanges_[i].agent);
        score += nearness[i] * (1 + 0.5 * exchanges_[i].sentiment_after);
        cosines += nearness[i];
        ++count;
      }
      if (calls.size() < least_calls_ || score <= best_score) continue;
      best_score = score;
      best = LearnedReply{.customer = {},
                          .reply = exchanges_[candidate].reply,
                          .calls = calls.size(),
                          .agents = agents.size(),
                          .agreement = std::min(1.0, cosines / count)};
    }
    if (!best) return std::nullopt;
    for (auto const i : group) {
      auto const& exchange = exchanges_[i];
      bool const known = std::ranges::find(best->customer, exchange.customer) != best->customer.end();
      if (exchange.shareable && !known && best->customer.size() < kExamples)
        best->customer.push_back(exchange.customer);
    }
    if (best->customer.empty()) return std::nullopt;
    return best;
  }

  std::vector<Exchange> const& exchanges_;
  std::size_t const least_calls_;
  Nearness const customers_, replies_;
};

}  // namespace

std::vector<Exchange> exchanges_of(std::vector<Event> const& events) {
  std::string call, agent;
  for (auto const& event : events) {
    call = event.call;
    if (auto const* started = event.as<CallStarted>()) agent = started->info.agent;
  }
  auto const turns = turns_of(events);
  std::vector<Exchange> out;
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    auto const& said = turns[i];
    auto const& answer = turns[i + 1];
    auto const words = words_in(said.text);
    if (said.speaker != Track::customer || words < kCustomerWords || words > kCustomerWordsMost || answer.named)
      continue;
    auto reply = beginning(answer.text);
    if (words_in(reply) < kReplyWords) continue;
    out.push_back({.call = call,
                   .agent = agent,
                   .customer = said.text,
                   .reply = std::move(reply),
                   .shareable = !said.named,
                   .sentiment_after = i + 2 < turns.size() ? turns[i + 2].sentiment : 0,
                   .customer_vector = {},
                   .reply_vector = {}});
  }
  return out;
}

std::vector<LearnedReply> learn_replies(std::vector<Exchange> const& exchanges, std::size_t least_calls) {
  return exchanges.empty() ? std::vector<LearnedReply>{} : Learner(exchanges, least_calls).run();
}

}  // namespace sotto::aftercall
