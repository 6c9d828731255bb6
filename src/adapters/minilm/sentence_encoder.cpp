#include "adapters/minilm/sentence_encoder.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

namespace sotto {

namespace {

std::vector<float> floats(Ort::Value const& tensor) {
  auto const* values = tensor.GetTensorData<float>();
  return {values, values + tensor.GetTensorTypeAndShapeInfo().GetElementCount()};
}

}  // namespace

Result<SentenceEncoder> SentenceEncoder::load(std::filesystem::path const& folder) {
  std::vector<OnnxSession> graphs;
  for (auto const* file : {"lower.onnx", "encoder.onnx", "meaning.onnx", "sentiment.onnx", "answering.onnx"}) {
    auto graph = OnnxSession::load(folder / file);
    if (!graph) return std::unexpected(graph.error());
    graphs.push_back(std::move(*graph));
  }
  auto pieces = WordPieces::load(folder / "vocab.txt");
  if (!pieces) return std::unexpected(pieces.error());
  return SentenceEncoder(std::move(graphs), std::move(*pieces));
}

Result<std::vector<float>> SentenceEncoder::encode(std::string_view text) const {
  auto reading = read(text, {.vector = true});
  if (!reading) return std::unexpected(reading.error());
  return std::move(reading->vector);
}

Result<std::vector<float>> SentenceEncoder::meaning_of(std::string_view text) const {
  auto reading = read(text, {.vector = false, .meaning = true});
  if (!reading) return std::unexpected(reading.error());
  return std::move(reading->meaning);
}

Result<Ort::Value> SentenceEncoder::lower(std::string_view text) const {
  auto ids = pieces_.ids(text);
  std::array<Ort::Value, 1> const inputs{tensor_over<std::int64_t>(ids, {1, static_cast<std::int64_t>(ids.size())})};
  auto outputs = lower_.run(std::array{"input_ids"}, inputs, std::array{"shared"});
  if (!outputs) return std::unexpected(outputs.error());
  return std::move((*outputs)[0]);
}

Result<SentenceEncoder::LowerHalf> SentenceEncoder::lower_half(std::string_view text) const {
  auto const half = lower(text);
  if (!half) return std::unexpected(half.error());
  return floats(*half);
}

Result<float> SentenceEncoder::answers(LowerHalf const& passage, LowerHalf const& question) const {
  auto const tensor = [](LowerHalf const& half) {
    constexpr std::size_t width = 384;
    // The runtime reads inputs only.
    auto const data = std::span(const_cast<float*>(half.data()), half.size());
    return tensor_over<float>(data, {1, static_cast<std::int64_t>(half.size() / width), width});
  };
  std::array<Ort::Value, 2> const inputs{tensor(passage), tensor(question)};
  auto outputs = answering_.run(std::array{"passage", "question"}, inputs, std::array{"answers"});
  if (!outputs) return std::unexpected(outputs.error());
  return floats((*outputs)[0]).front();
}

Result<float> SentenceEncoder::answers(std::string_view passage, std::string_view question) const {
  auto const first = lower_half(passage), second = lower_half(question);
  if (!first) return std::unexpected(first.error());
  if (!second) return std::unexpected(second.error());
  return answers(*first, *second);
}

Result<TextReading> SentenceEncoder::read(std::string_view text, WantedOfText wanted) const {
  auto const half = lower(text);
  if (!half) return std::unexpected(half.error());
  auto const go_on = [&](OnnxSession const& graph, char const* output) -> Result<std::vector<float>> {
    auto const outputs = graph.run(std::array{"shared"}, std::span(&*half, 1), std::array{output});
    if (!outputs) return std::unexpected(outputs.error());
    return floats((*outputs)[0]);
  };
  TextReading reading;
  if (wanted.vector) {
    auto vector = go_on(encoder_, "vector");
    if (!vector) return std::unexpected(vector.error());
    reading.vector = std::move(*vector);
  }
  if (wanted.meaning) {
    auto meaning = go_on(meaning_, "meaning");
    if (!meaning) return std::unexpected(meaning.error());
    reading.meaning = std::move(*meaning);
  }
  if (wanted.sentiment) {
    auto const chances = go_on(sentiment_, "sentiment");  // negative, neutral, positive
    if (!chances) return std::unexpected(chances.error());
    reading.sentiment = (*chances)[2] - (*chances)[0];
  }
  return reading;
}

}  // namespace sotto
