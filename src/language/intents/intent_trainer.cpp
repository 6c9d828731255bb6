#include "language/intents/intent_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "base/check.h"

namespace sotto::language {

namespace {

constexpr std::size_t kBins = 10;  // of the calibration error
// Held-out examples that must show that n-grams alone do as well: fewer cannot tell a half per cent.
constexpr std::size_t kWitnesses = 500;

// Adam (Kingma & Ba 2015) on a handful of numbers. `gradient(at, out)` fills `out`, of the size of `at`.
template <typename Gradient>
void minimise(std::vector<double>& at, Gradient gradient, int steps, double rate) {
  std::vector<double> mean(at.size()), square(at.size()), slope(at.size());
  for (int step = 1; step <= steps; ++step) {
    std::ranges::fill(slope, 0.0);
    gradient(at, slope);
    for (std::size_t i = 0; i < at.size(); ++i) {
      mean[i] = 0.9 * mean[i] + 0.1 * slope[i];
      square[i] = 0.999 * square[i] + 0.001 * slope[i] * slope[i];
      at[i] -=
          rate * (mean[i] / (1 - std::pow(0.9, step))) / (std::sqrt(square[i] / (1 - std::pow(0.999, step))) + 1e-8);
    }
  }
}

// splitmix64 (Steele et al. 2014): an order that depends on the seed alone.
std::uint64_t mixed_bits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The scores of an example by machines that have not seen it.
struct HeldOut {
  std::vector<float> words, meaning, nearest;
};

bool has(std::vector<std::size_t> const& labels, std::size_t c) { return std::ranges::find(labels, c) != labels.end(); }

}  // namespace

class IntentTrainer {
 public:
  IntentTrainer(std::vector<Example> const& examples, TrainingOptions const& options)
      : examples_(examples), options_(options) {}

  Result<TrainedIntents> run();

 private:
  struct Machines {
    NgramClassifier words;
    VectorClassifier meaning;
    NearestExamples nearest;
  };

  Result<void> name_classes();
  Machines train(std::vector<std::size_t> const& rows) const;
  std::vector<std::size_t> folds() const;
  void hold_out();
  void fit_mix();
  void fit_mix_of_one();
  void fit_mix_of_several();
  void fit_words();
  void fit_scope();
  void keep_in_scope(std::vector<double>& scope) const;
  std::vector<double> chances(std::vector<float> const& scores) const;
  std::vector<float> mixed(std::size_t row) const;
  std::size_t best(std::vector<float> const& scores) const {
    return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  }
  void report_one(IntentReport& report) const;
  void report_several(IntentReport& report) const;
  IntentReport report() const;
  void progress(std::string const& what, std::size_t done, std::size_t all) const {
    if (options_.progress) options_.progress(what, done, all);
  }

  std::vector<Example> const& examples_;
  TrainingOptions const& options_;
  std::vector<std::string> names_;
  std::vector<std::vector<Feature>> features_;
  Labels labels_;
  bool several_ = false;
  std::size_t before_ = 0;
  std::vector<HeldOut> held_out_;
  Calibration calibration_;
};

Result<void> IntentTrainer::name_classes() {
  std::map<std::string, std::size_t> counts;
  for (auto const& example : examples_) {
    for (auto const& intent : example.intents) ++counts[intent];
    several_ = several_ || example.intents.size() > 1;
  }
  if (counts.empty()) return fail("too_few_examples", "there is no example of any intent");
  for (auto const& [name, count] : counts) {
    if (count < 2) return fail("too_few_examples", fmt::format("intent {} has one example; two are the least", name));
    names_.push_back(name);
  }
  for (auto const& example : examples_) {
    std::vector<std::size_t> classes;
    for (auto const& intent : example.intents)
      classes.push_back(static_cast<std::size_t>(std::ranges::lower_bound(names_, intent) - names_.begin()));
    labels_.push_back(std::move(classes));
    auto const looked_at = std::min(example.before.size(), kTurnsBefore);
    before_ = std::max(before_, looked_at);
    features_.push_back(ngrams(example.text, TurnsBefore(example.before).first(looked_at)));
  }
  return {};
}

IntentTrainer::Machines IntentTrainer::train(std::vector<std::size_t> const& rows) const {
  std::vector<std::vector<Feature>> features;
  std::vector<std::vector<float>> vectors;
  Labels labels;
  for (auto const row : rows) {
    features.push_back(features_[row]);
    vectors.push_back(examples_[row].vector);
    labels.push_back(labels_[row]);
  }
  auto const classes = names_.size();
  return {NgramClassifier::train(features, labels, classes), VectorClassifier::train(vectors, labels, classes),
          NearestExamples::train(vectors, labels, classes)};
}

// The fold of each example: every intent is spread evenly.
std::vector<std::size_t> IntentTrainer::folds() const {
  std::vector<std::size_t> order(examples_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](auto row) {
    auto const intent = labels_[row].empty() ? names_.size() : labels_[row].front();
    return std::tuple(intent, mixed_bits(row + (std::uint64_t{options_.seed} << 32)), row);
  });
  std::vector<std::size_t> fold(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) fold[order[i]] = i % options_.folds;
  return fold;
}

void IntentTrainer::hold_out() {
  auto const fold = folds();
  held_out_.resize(examples_.size());
  for (std::size_t f = 0; f < options_.folds; ++f) {
    progress("cross-validation", f, options_.folds);
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != f) rows.push_back(i);
    }
    auto const machines = train(rows);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] != f) continue;
      auto& scores = held_out_[i];
      scores.words.resize(names_.size());
      scores.meaning.resize(names_.size());
      scores.nearest.resize(names_.size());
      machines.words.score(features_[i], scores.words);
      machines.meaning.score(examples_[i].vector, scores.meaning);
      machines.nearest.score(examples_[i].vector, scores.nearest);
    }
  }
  progress("cross-validation", options_.folds, options_.folds);
}

std::vector<float> IntentTrainer::mixed(std::size_t row) const {
  auto const& scores = held_out_[row];
  return mix(calibration_.mix, scores.words, scores.meaning, scores.nearest);
}

std::vector<double> IntentTrainer::chances(std::vector<float> const& scores) const {
  auto const top = std::ranges::max(scores);
  std::vector<double> out;
  double sum = 0;
  for (float const score : scores) sum += out.emplace_back(std::exp(score - top));
  for (auto& chance : out) chance /= sum;
  return out;
}

// The mix under which the right intents are likeliest: multinomial logistic regression on three scores. Their prior is
// what few examples leave in force: without it two hundred of them may give a score a negative weight.
void IntentTrainer::fit_mix_of_one() {
  constexpr std::array<double, 3> expected{1.5, 1, 2}, sure_of_it{1, 1, 0.3};
  std::vector<double> by(expected.begin(), expected.end());
  auto const gradient = [&](std::vector<double> const& at, std::vector<double>& slope) {
    std::copy_n(at.begin(), 3, calibration_.mix.begin());
    calibration_.mix[3] = 0;
    double rows = 0;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      if (labels_[i].empty()) continue;
      ++rows;
      auto const& scores = held_out_[i];
      auto const chance = chances(mixed(i));
      for (std::size_t c = 0; c < chance.size(); ++c) {
        auto const off = chance[c] - (has(labels_[i], c) ? 1 : 0);
        slope[0] += off * scores.words[c];
        slope[1] += off * scores.meaning[c];
        slope[2] += off * scores.nearest[c];
      }
    }
    for (std::size_t k = 0; k < slope.size(); ++k) slope[k] = (slope[k] + sure_of_it[k] * (at[k] - expected[k])) / rows;
  };
  minimise(by, gradient, 120, 0.2);
  std::copy_n(by.begin(), 3, calibration_.mix.begin());
}

// Each intent by itself: logistic regression on the three scores, the same for all intents.
void IntentTrainer::fit_mix_of_several() {
  std::vector<double> by{2, 2, 4, -1};
  auto const gradient = [&](std::vector<double> const& at, std::vector<double>& slope) {
    std::ranges::copy(at, calibration_.mix.begin());
    double cells = 0;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      auto const& scores = held_out_[i];
      auto const all = mixed(i);
      for (std::size_t c = 0; c < all.size(); ++c) {
        auto const off = sigmoid(all[c]) - (has(labels_[i], c) ? 1 : 0);
        slope[0] += off * scores.words[c];
        slope[1] += off * scores.meaning[c];
        slope[2] += off * scores.nearest[c];
        slope[3] += off;
        ++cells;
      }
    }
    for (auto& value : slope) value /= cells / 10;
  };
  minimise(by, gradient, 300, 0.1);
  std::ranges::copy(by, calibration_.mix.begin());
}

// How sure n-grams must be to decide alone: from where they are as often right as everything together.
void IntentTrainer::fit_words() {
  if (several_) {
    calibration_.words_sure = 2;
    return;
  }
  std::vector<double> slope_at{4};
  auto const scaled = [&](std::size_t row, double by) {
    auto scores = held_out_[row].words;
    for (float& score : scores) score *= static_cast<float>(by);
    return chances(scores);
  };
  auto const gradient = [&](std::vector<double> const& at, std::vector<double>& slope) {
    double rows = 0;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      if (labels_[i].empty()) continue;
      ++rows;
      auto const chance = scaled(i, at[0]);
      for (std::size_t c = 0; c < chance.size(); ++c)
        slope[0] += (chance[c] - (has(labels_[i], c) ? 1 : 0)) * held_out_[i].words[c];
    }
    slope[0] /= rows;
  };
  minimise(slope_at, gradient, 60, 0.2);
  calibration_.words_slope = static_cast<float>(slope_at[0]);
  struct Row {
    double sure;
    bool words_right, all_right;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    auto const chance = scaled(i, slope_at[0]);
    auto const top = std::ranges::max_element(chance);
    bool const in = !labels_[i].empty();
    rows.push_back({*top, in && has(labels_[i], static_cast<std::size_t>(top - chance.begin())),
                    in && has(labels_[i], best(mixed(i)))});
  }
  std::ranges::sort(rows, std::greater(), &Row::sure);
  calibration_.words_sure = 2;
  double words_right = 0, all_right = 0, lately = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const lead = [&](Row const& row) { return row.words_right - row.all_right; };
    words_right += rows[i].words_right;
    all_right += rows[i].all_right;
    lately += lead(rows[i]) - (i < kWitnesses ? 0 : lead(rows[i - kWitnesses]));
    if (i + 1 < kWitnesses || lately < -1) continue;
    bool const as_good = words_right >= all_right && words_right >= 0.995 * static_cast<double>(i + 1);
    if (as_good) calibration_.words_sure = static_cast<float>(rows[i].sure);
  }
}

// In scope or not: logistic regression, both sides with the same weight; then moved so that most in-scope examples are
// kept.
void IntentTrainer::fit_scope() {
  std::vector<double> scope{0, 0.5, 0.5, 1, 0.5};
  std::vector<std::vector<float>> features;
  double in = 0, out = 0;
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    features.push_back(scope_features(mixed(i), held_out_[i].words, held_out_[i].nearest));
    ++(labels_[i].empty() ? out : in);
  }
  if (out > 0) {
    auto const gradient = [&](std::vector<double> const& at, std::vector<double>& slope) {
      for (std::size_t i = 0; i < features.size(); ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < at.size(); ++k) sum += at[k] * features[i][k];
        bool const inside = !labels_[i].empty();
        auto const off = (sigmoid(sum) - (inside ? 1 : 0)) / (inside ? in : out);
        for (std::size_t k = 0; k < at.size(); ++k) slope[k] += off * features[i][k];
      }
      for (std::size_t k = 1; k < at.size(); ++k) slope[k] += 1e-4 * at[k];
    };
    minimise(scope, gradient, 1500, 0.05);
  }
  std::vector<double> sums;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (labels_[i].empty()) continue;
    double sum = 0;
    for (std::size_t k = 0; k < scope.size(); ++k) sum += scope[k] * features[i][k];
    sums.push_back(sum);
  }
  std::ranges::sort(sums);
  scope[0] -= sums[static_cast<std::size_t>((1 - options_.kept_in_scope) * static_cast<double>(sums.size()))];
  calibration_.scope.assign(scope.begin(), scope.end());
}

void IntentTrainer::report_one(IntentReport& report) const {
  std::array<double, kBins> right{}, said{}, count{};
  std::vector<std::map<std::string, std::size_t>> taken(names_.size());
  std::vector<double> members(names_.size()), found(names_.size());
  double words = 0, sure = 0, sure_right = 0;
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    if (labels_[i].empty()) continue;
    auto const chance = chances(mixed(i));
    auto const top = static_cast<std::size_t>(std::ranges::max_element(chance) - chance.begin());
    bool const good = has(labels_[i], top);
    auto const bin = std::min(kBins - 1, static_cast<std::size_t>(chance[top] * kBins));
    right[bin] += good, said[bin] += chance[top], ++count[bin];
    ++members[labels_[i][0]];
    if (good) ++found[top];
    else ++taken[labels_[i][0]][names_[top]];
    auto scores = held_out_[i].words;
    words += has(labels_[i], best(scores));
    for (float& score : scores) score *= calibration_.words_slope;
    if (std::ranges::max(chances(scores)) < calibration_.words_sure) continue;
    ++sure;
    sure_right += has(labels_[i], best(scores));
  }
  double all = 0, all_right = 0;
  for (std::size_t b = 0; b < kBins; ++b) {
    all += count[b], all_right += right[b];
    report.calibration_error += std::abs(right[b] - said[b]);
  }
  report.calibration_error /= all;
  report.accuracy = all_right / all;
  report.words_only = words / all;
  report.sure_share = sure / all;
  report.sure_accuracy = sure > 0 ? sure_right / sure : 0;
  for (std::size_t c = 0; c < names_.size(); ++c) {
    auto const worst = std::ranges::max_element(taken[c], {}, [](auto const& entry) { return entry.second; });
    report.by_intent.push_back({names_[c], static_cast<std::size_t>(members[c]), found[c] / std::max(1.0, members[c]),
                                worst == taken[c].end() ? "" : worst->first});
  }
}

void IntentTrainer::report_several(IntentReport& report) const {
  std::vector<double> members(names_.size()), found(names_.size());
  std::array<double, kBins> right{}, said{};
  double hits = 0, wrong = 0, missed = 0, cells = 0;
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    auto const scores = mixed(i);
    for (std::size_t c = 0; c < scores.size(); ++c) {
      auto const chance = sigmoid(scores[c]);
      bool const is = has(labels_[i], c), judged = chance >= 0.5;
      hits += is && judged, wrong += !is && judged, missed += is && !judged;
      members[c] += is, found[c] += is && judged;
      if (chance < 0.1) continue;  // nearly all cells: they would hide the rest
      auto const bin = std::min(kBins - 1, static_cast<std::size_t>(chance * kBins));
      right[bin] += is, said[bin] += chance, ++cells;
    }
  }
  report.accuracy = 2 * hits / std::max(1.0, 2 * hits + wrong + missed);
  for (std::size_t b = 0; b < kBins; ++b)
    report.calibration_error += std::abs(right[b] - said[b]) / std::max(1.0, cells);
  for (std::size_t c = 0; c < names_.size(); ++c)
    report.by_intent.push_back(
        {names_[c], static_cast<std::size_t>(members[c]), found[c] / std::max(1.0, members[c]), ""});
}

IntentReport IntentTrainer::report() const {
  IntentReport report{.examples = examples_.size(), .intents = names_.size()};
  double in = 0, kept = 0, out = 0, refused = 0;
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    auto const features = scope_features(mixed(i), held_out_[i].words, held_out_[i].nearest);
    double sum = 0;
    for (std::size_t k = 0; k < features.size(); ++k) sum += calibration_.scope[k] * features[k];
    if (labels_[i].empty()) ++out, refused += sum < 0;
    else ++in, kept += sum >= 0;
  }
  report.out_of_scope = static_cast<std::size_t>(out);
  report.kept = kept / in;
  report.refused = out > 0 ? refused / out : 0;
  if (several_) report_several(report);
  else report_one(report);
  std::ranges::sort(report.by_intent, {}, [](auto const& intent) { return std::pair(intent.recall, intent.name); });
  return report;
}

Result<TrainedIntents> IntentTrainer::run() {
  if (auto const named = name_classes(); !named) return std::unexpected(named.error());
  hold_out();
  if (several_) fit_mix_of_several();
  else fit_mix_of_one();
  fit_words();
  fit_scope();
  progress("training on all examples", 0, 1);
  std::vector<std::size_t> all(examples_.size());
  std::iota(all.begin(), all.end(), 0);
  auto machines = train(all);
  progress("training on all examples", 1, 1);
  IntentModel model(std::move(machines.words), std::move(machines.meaning), std::move(machines.nearest));
  model.names_ = names_;
  model.several_ = several_;
  model.before_ = before_;
  model.calibration_ = calibration_;
  return TrainedIntents{std::move(model), report()};
}

Result<TrainedIntents> train_intents(std::vector<Example> const& examples, TrainingOptions const& options) {
  return IntentTrainer(examples, options).run();
}

}  // namespace sotto::language
