#include "adapters/moonshine/decoder_rows.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace sotto {
namespace {

constexpr std::size_t kOwnInputs = 2;  // ids, logits_from

// The same tensor, whose memory stays the other's.
Ort::Value view_of(Ort::Value const& tensor) {
  auto const shape = tensor.GetTensorTypeAndShapeInfo().GetShape();
  auto const count = tensor.GetTensorTypeAndShapeInfo().GetElementCount();
  auto* data = const_cast<float*>(tensor.GetTensorData<float>());  // inputs are only read
  return Ort::Value::CreateTensor<float>(tensor.GetTensorMemoryInfo(), data, count, shape.data(), shape.size());
}

// Of a cache, these rows and their first `keep` positions.
Ort::Value part_of(Ort::Value const& cache, std::vector<std::size_t> const& rows, std::int64_t keep) {
  auto shape = cache.GetTensorTypeAndShapeInfo().GetShape();
  auto const heads = shape[1], length = shape[2], width = shape[3];
  shape[0] = static_cast<std::int64_t>(rows.size());
  shape[2] = keep;
  Ort::AllocatorWithDefaultOptions allocator;
  auto part = Ort::Value::CreateTensor<float>(allocator, shape.data(), shape.size());
  auto* to = part.GetTensorMutableData<float>();
  for (auto const row : rows) {
    auto const* from = cache.GetTensorData<float>() + static_cast<std::int64_t>(row) * heads * length * width;
    for (std::int64_t head = 0; head < heads; ++head) {
      to = std::copy_n(from + head * length * width, keep * width, to);
    }
  }
  return part;
}

std::vector<char const*> pointers(std::vector<char const*> first, std::vector<std::string> const& more) {
  std::ranges::transform(more, std::back_inserter(first), [](std::string const& name) { return name.c_str(); });
  return first;
}

std::vector<char const*> outputs_of(DecoderCaches const& caches, bool listens) {
  auto names = pointers({"logits"}, caches.present);
  return listens ? pointers(std::move(names), caches.queries) : names;
}

}  // namespace

DecoderRows::DecoderRows(OnnxSession const& decoder, DecoderCaches const& caches, std::span<Ort::Value const> cross,
                         bool listens)
    : decoder_(decoder),
      caches_(caches),
      input_names_(pointers(pointers({"ids", "logits_from"}, caches.cross), caches.past)),
      output_names_(outputs_of(caches, listens)),
      first_past_(kOwnInputs + cross.size()),
      inputs_(kOwnInputs),
      asked_(1, Asked(listens ? caches.queries.size() : 0)) {
  std::ranges::transform(cross, std::back_inserter(inputs_), view_of);
  for (std::size_t index = 0; index < caches.past.size(); ++index) {
    inputs_.push_back(tensor_over<float>(std::span<float>(&nothing_, 0), {1, caches.heads, 0, caches.head_width}));
  }
}

Result<void> DecoderRows::append(std::span<Token const> ids, std::size_t wanted) {
  auto const rows = asked_.size(), each = ids.size() / rows;
  std::vector<Token> own(ids.begin(), ids.end());
  inputs_[0] = tensor_over<Token>(own, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(each)});
  logits_from_ = static_cast<std::int64_t>(each - wanted);
  inputs_[1] = tensor_over<std::int64_t>(std::span<std::int64_t>(&logits_from_, 1), {1});
  auto outputs = decoder_.run(input_names_, inputs_, output_names_);
  if (!outputs) return std::unexpected(outputs.error());
  auto const queries = outputs->begin() + 1 + static_cast<std::ptrdiff_t>(caches_.present.size());
  std::move(outputs->begin() + 1, queries, inputs_.begin() + static_cast<std::ptrdiff_t>(first_past_));
  auto const wide = each * static_cast<std::size_t>(caches_.heads * caches_.head_width);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t layer = 0; layer < asked_[row].size(); ++layer) {
      auto const* values = queries[static_cast<std::ptrdiff_t>(layer)].GetTensorData<float>() + row * wide;
      asked_[row][layer].insert(asked_[row][layer].end(), values, values + wide);
    }
  }
  positions_ += each;
  logits_.clear();
  logits_.push_back(std::move(outputs->front()));
  return {};
}

std::span<float const> DecoderRows::logits(std::size_t row, std::size_t at) const {
  auto const shape = logits_.front().GetTensorTypeAndShapeInfo().GetShape();
  auto const wanted = static_cast<std::size_t>(shape[1]), words = static_cast<std::size_t>(shape[2]);
  return {logits_.front().GetTensorData<float>() + (row * wanted + at) * words, words};
}

void DecoderRows::keep(std::vector<std::size_t> const& parents) {
  std::vector<std::size_t> same(asked_.size());
  std::iota(same.begin(), same.end(), std::size_t{0});
  if (parents == same) return;
  std::vector<Asked> asked;
  for (auto const parent : parents) asked.push_back(asked_[parent]);
  asked_ = std::move(asked);
  for (auto& past : std::span(inputs_).subspan(first_past_)) {
    past = part_of(past, parents, static_cast<std::int64_t>(positions_));
  }
}

void DecoderRows::shorten(std::size_t positions) {
  if (positions == positions_) return;
  positions_ = positions;
  std::vector<std::size_t> rows(asked_.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (auto& past : std::span(inputs_).subspan(first_past_)) {
    past = part_of(past, rows, static_cast<std::int64_t>(positions));
  }
  auto const wide = static_cast<std::size_t>(caches_.heads * caches_.head_width);
  for (auto& row : asked_) {
    for (auto& layer : row) layer.resize(positions * wide);
  }
}

Listening DecoderRows::listening(Asked const& asked) const {
  auto const& keys = inputs_[kOwnInputs + caches_.following.front().key];
  auto const frames = static_cast<std::size_t>(keys.GetTensorTypeAndShapeInfo().GetShape()[2]);
  auto const width = static_cast<std::size_t>(caches_.head_width);
  auto const stride = width * static_cast<std::size_t>(caches_.heads);
  Listening out(asked.front().size() / stride, frames);
  for (auto const& [query, key, head] : caches_.following) {
    auto const* of_head = inputs_[kOwnInputs + key].GetTensorData<float>() + head * frames * width;
    out.add(std::span(asked[query]).subspan(head * width), stride, {of_head, frames * width}, width);
  }
  return out;
}

}  // namespace sotto
