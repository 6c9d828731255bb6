#include "language/intents/classifiers.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>

#include <linear.h>

#include "base/byte_rows.h"
#include "base/check.h"

namespace sotto::language {

namespace {

// Chosen on the training part of CLINC150, and for few examples on NatCS' finance calls, ten an intent.
constexpr double kNgramCost = 1, kVectorCost = 1, kFewVectorsCost = 30;
// Up to so many vectors the logistic loss is judged better; beyond it is no better and takes many times as long.
constexpr std::size_t kFewVectors = 3000;
constexpr double kTolerance = 0.03;
constexpr int kSeed = 1;

using Row = std::vector<feature_node>;  // indices from 1, closed by -1

struct Problem {
  Problem(std::vector<Row>& rows, int width) : sides(rows.size()) {
    for (auto& row : rows) row.insert(row.end() - 1, feature_node{width + 1, 1.0});  // the bias
    for (auto& row : rows) pointers.push_back(row.data());
    examples = {static_cast<int>(rows.size()), width + 1, sides.data(), pointers.data(), 1};
  }
  // LIBLINEAR draws from rand(): seeded, so that the same examples give the same weights.
  auto train(int solver, double cost) {
    set_print_string_function([](char const*) {});
    parameter settings{};
    settings.solver_type = solver;
    settings.eps = kTolerance;
    settings.C = cost;
    std::srand(kSeed);
    return std::unique_ptr<model, void (*)(model*)>(::train(&examples, &settings),
                                                    [](model* made) { free_and_destroy_model(&made); });
  }
  std::vector<double> sides;
  std::vector<feature_node*> pointers;
  problem examples{};
};

// One machine a class, against all others: a text may belong to several. `keep` gets the weights of each class, and its
// bias as the last one.
template <typename Keep>
void train_each(std::vector<Row>& rows, Labels const& labels, std::size_t classes, int width, int solver, double cost,
                Keep keep) {
  CHECK(rows.size() == labels.size());
  Problem problem(rows, width);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      problem.sides[i] = std::ranges::find(labels[i], c) != labels[i].end() ? 1 : -1;
    auto const trained = problem.train(solver, cost);
    std::vector<double> weights(static_cast<std::size_t>(width) + 1, 0.0);
    if (trained->nr_class < 2) weights.back() = problem.sides[0];
    else std::copy_n(trained->w, weights.size(), weights.begin());
    if (trained->nr_class > 1 && trained->label[0] < 0) std::ranges::transform(weights, weights.begin(), std::negate());
    keep(c, weights);
  }
}

}  // namespace

NgramClassifier NgramClassifier::train(std::span<std::vector<Feature> const> texts, Labels const& labels,
                                       std::size_t classes) {
  NgramClassifier out;
  std::vector<int> documents(kNgramIds, 0);
  for (auto const& text : texts) {
    for (auto const& feature : text) ++documents[feature.id];
  }
  auto const total = static_cast<float>(texts.size());
  for (std::uint32_t id = 0; id < kNgramIds; ++id) {
    if (documents[id] == 0) continue;
    out.row_[id] = static_cast<std::int32_t>(out.idf_.size());
    out.idf_.push_back(std::log((1 + total) / (1 + static_cast<float>(documents[id]))) + 1);
  }
  std::vector<Row> rows;
  for (auto const& text : texts) {
    Row row;
    double square = 0;
    for (auto const& feature : text) {
      auto const at = out.row_[feature.id];
      auto const value = feature.value * out.idf_[static_cast<std::size_t>(at)];
      square += value * value;
      row.push_back({at + 1, value});
    }
    for (auto& node : row) node.value /= std::sqrt(square);
    std::ranges::sort(row, {}, &feature_node::index);
    row.push_back({-1, 0});
    rows.push_back(std::move(row));
  }
  auto const width = out.idf_.size();
  out.weights_.assign(width * classes, 0);
  out.scale_.assign(classes, 0);
  out.bias_.assign(classes, 0);
  auto const keep = [&](std::size_t c, std::vector<double>& w) {
    out.bias_[c] = static_cast<float>(w.back());
    w.pop_back();
    double largest = 1e-9;
    for (double const weight : w) largest = std::max(largest, std::abs(weight));
    out.scale_[c] = static_cast<float>(largest / 127);
    for (std::size_t i = 0; i < width; ++i)
      out.weights_[i * classes + c] = static_cast<std::int8_t>(std::lround(w[i] / largest * 127));
  };
  train_each(rows, labels, classes, static_cast<int>(width), L2R_L2LOSS_SVC_DUAL, kNgramCost, keep);
  return out;
}

void NgramClassifier::score(std::vector<Feature> const& text, std::span<float> scores) const {
  auto const classes = bias_.size();
  CHECK(scores.size() == classes);
  std::ranges::fill(scores, 0.0F);
  float square = 0;
  for (auto const& feature : text) {
    auto const row = row_[feature.id];
    if (row < 0) continue;
    auto const value = feature.value * idf_[static_cast<std::size_t>(row)];
    square += value * value;
    auto const* weights = weights_.data() + static_cast<std::size_t>(row) * classes;
    for (std::size_t c = 0; c < classes; ++c) scores[c] += value * static_cast<float>(weights[c]);
  }
  auto const norm = square > 0 ? 1 / std::sqrt(square) : 0.0F;
  for (std::size_t c = 0; c < classes; ++c) scores[c] = scores[c] * norm * scale_[c] + bias_[c];
}

void NgramClassifier::write(ByteWriter& out) const {
  out.list(row_);
  out.list(idf_);
  out.list(weights_);
  out.list(scale_);
  out.list(bias_);
}

Result<NgramClassifier> NgramClassifier::read(ByteReader& in) {
  NgramClassifier out;
  out.row_ = in.list<std::int32_t>();
  out.idf_ = in.list<float>();
  out.weights_ = in.list<std::int8_t>();
  out.scale_ = in.list<float>();
  out.bias_ = in.list<float>();
  auto const rows = static_cast<std::int32_t>(out.idf_.size());
  bool const sound = in.good() && out.row_.size() == kNgramIds && out.scale_.size() == out.bias_.size() &&
                     out.weights_.size() == out.idf_.size() * out.bias_.size() &&
                     std::ranges::all_of(out.row_, [rows](auto row) { return row >= -1 && row < rows; });
  if (!sound) return fail("model_broken", "the weights of its n-grams do not fit together");
  return out;
}

VectorClassifier VectorClassifier::train(std::span<std::vector<float> const> vectors, Labels const& labels,
                                         std::size_t classes) {
  VectorClassifier out;
  out.width_ = vectors.empty() ? 0 : vectors.front().size();
  std::vector<Row> rows;
  for (auto const& vector : vectors) {
    Row row;
    for (std::size_t i = 0; i < out.width_; ++i) row.push_back({static_cast<int>(i) + 1, vector[i]});
    row.push_back({-1, 0});
    rows.push_back(std::move(row));
  }
  out.weights_.resize(classes * out.width_);
  out.bias_.resize(classes);
  auto const keep = [&](std::size_t c, std::vector<double> const& w) {
    std::copy_n(w.begin(), out.width_, out.weights_.begin() + static_cast<long>(c * out.width_));
    out.bias_[c] = static_cast<float>(w.back());
  };
  bool const few = rows.size() <= kFewVectors;
  train_each(rows, labels, classes, static_cast<int>(out.width_), few ? L2R_LR : L2R_L2LOSS_SVC_DUAL,
             few ? kFewVectorsCost : kVectorCost, keep);
  return out;
}

void VectorClassifier::score(std::span<float const> vector, std::span<float> scores) const {
  CHECK(vector.size() == width_ && scores.size() == bias_.size());
  for (std::size_t c = 0; c < bias_.size(); ++c) {
    auto const* weights = weights_.data() + c * width_;
    float sum = 0;
    for (std::size_t i = 0; i < width_; ++i) sum += weights[i] * vector[i];
    scores[c] = sum + bias_[c];
  }
}

void VectorClassifier::write(ByteWriter& out) const {
  out.value(static_cast<std::uint64_t>(width_));
  out.list(weights_);
  out.list(bias_);
}

Result<VectorClassifier> VectorClassifier::read(ByteReader& in) {
  VectorClassifier out;
  out.width_ = in.value<std::uint64_t>();
  out.weights_ = in.list<float>();
  out.bias_ = in.list<float>();
  if (!in.good() || out.width_ > 4096 || out.weights_.size() != out.width_ * out.bias_.size())
    return fail("model_broken", "the weights of its vectors do not fit together");
  return out;
}

NearestExamples NearestExamples::train(std::span<std::vector<float> const> vectors, Labels const& labels,
                                       std::size_t classes) {
  NearestExamples out;
  out.width_ = vectors.empty() ? 0 : vectors.front().size();
  out.classes_ = classes;
  std::vector<std::vector<std::size_t>> members(classes + 1);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) members[classes].push_back(i);
    for (auto const c : labels[i]) members[c].push_back(i);
  }
  for (std::size_t c = 0; c <= classes; ++c) {
    for (auto const i : members[c]) {
      out.class_.push_back(static_cast<std::uint32_t>(c));
      for (float const v : vectors[i]) out.vectors_.push_back(byte_of(v));
    }
  }
  return out;
}

std::vector<std::int32_t> NearestExamples::products(std::span<float const> vector, std::size_t from,
                                                    std::size_t past) const {
  CHECK(vector.size() == width_);
  std::vector<std::int32_t> out(past - from);
  dot_rows(byte_query(vector).data(), vectors_.data() + from * width_, width_, out.size(), out.data());
  return out;
}

void NearestExamples::score(std::span<float const> vector, std::span<float> scores) const {
  constexpr std::size_t kNearest = 3;
  CHECK(scores.size() == classes_);
  std::ranges::fill(scores, -1.0F);
  auto near = products(vector, 0, class_.size());
  for (std::size_t at = 0; at < class_.size() && class_[at] < classes_;) {
    auto const c = class_[at];
    auto const from = near.begin() + static_cast<long>(at);
    while (at < class_.size() && class_[at] == c) ++at;
    auto const past = near.begin() + static_cast<long>(at);
    auto const kept = std::min(kNearest, static_cast<std::size_t>(past - from));
    std::partial_sort(from, from + static_cast<long>(kept), past, std::greater());
    float total = 0;
    for (std::size_t i = 0; i < kept; ++i) total += static_cast<float>(from[static_cast<long>(i)]);
    scores[c] = total / static_cast<float>(kept) * kCosineOfBytes;
  }
}

float NearestExamples::nearest(std::span<float const> vector, std::size_t of_class) const {
  auto const [from, past] = std::ranges::equal_range(class_, static_cast<std::uint32_t>(of_class));
  if (from == past) return -1;
  auto const near = products(vector, static_cast<std::size_t>(from - class_.begin()),
                             static_cast<std::size_t>(past - class_.begin()));
  return static_cast<float>(std::ranges::max(near)) * kCosineOfBytes;
}

void NearestExamples::write(ByteWriter& out) const {
  out.value(static_cast<std::uint64_t>(width_));
  out.value(static_cast<std::uint64_t>(classes_));
  out.list(vectors_);
  out.list(class_);
}

Result<NearestExamples> NearestExamples::read(ByteReader& in) {
  NearestExamples out;
  out.width_ = in.value<std::uint64_t>();
  out.classes_ = in.value<std::uint64_t>();
  out.vectors_ = in.list<std::int8_t>();
  out.class_ = in.list<std::uint32_t>();
  bool const sound = in.good() && out.vectors_.size() == out.class_.size() * out.width_ &&
                     std::ranges::is_sorted(out.class_) && (out.class_.empty() || out.class_.back() <= out.classes_);
  if (!sound) return fail("model_broken", "its examples do not fit together");
  return out;
}

}  // namespace sotto::language
