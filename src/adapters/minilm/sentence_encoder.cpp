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
  for (auto const* file : {"encoder.onnx", "meaning.onnx", "sentiment.onnx"}) {
    auto graph = OnnxSession::load(folder / file);
    if (!graph) return std::unexpected(graph.error());
    graphs.push_back(std::move(*graph));
  }
  auto pieces = WordPieces::load(folder / "vocab.txt");
  if (!pieces) return std::unexpected(pieces.error());
  return SentenceEncoder(std::move(graphs[0]), std::move(graphs[1]), std::move(graphs[2]), std::move(*pieces));
}

Result<std::vector<float>> SentenceEncoder::encode(std::string_view text) const {
  auto reading = read(text, {});
  if (!reading) return std::unexpected(reading.error());
  return std::move(reading->vector);
}

Result<std::vector<float>> SentenceEncoder::meaning_of(std::string_view text) const {
  auto reading = read(text, {.meaning = true});
  if (!reading) return std::unexpected(reading.error());
  return std::move(*reading->meaning);
}

// What is not asked for as an output of a graph is worked out all the same: graphs of their own, or all would pay for
// all.
Result<SentenceEncoder::Reading> SentenceEncoder::read(std::string_view text, Wanted wanted) const {
  auto ids = pieces_.ids(text);
  std::array<Ort::Value, 1> const inputs{tensor_over<std::int64_t>(ids, {1, static_cast<std::int64_t>(ids.size())})};
  std::array<char const*, 2> const names{"vector", "shared"};
  bool const more = wanted.meaning || wanted.sentiment;
  auto outputs = encoder_.run(std::array{"input_ids"}, inputs, std::span(names).first(more ? 2 : 1));
  if (!outputs) return std::unexpected(outputs.error());
  Reading reading{.vector = floats((*outputs)[0]), .meaning = {}, .sentiment = {}};
  auto const go_on = [&](OnnxSession const& graph, char const* output) {
    return graph.run(std::array{"shared"}, std::span(*outputs).subspan(1), std::array{output});
  };
  if (wanted.meaning) {
    auto meaning = go_on(meaning_, "meaning");
    if (!meaning) return std::unexpected(meaning.error());
    reading.meaning = floats((*meaning)[0]);
  }
  if (wanted.sentiment) {
    auto sentiments = go_on(sentiment_, "sentiment");
    if (!sentiments) return std::unexpected(sentiments.error());
    auto const chances = floats((*sentiments)[0]);  // negative, neutral, positive
    reading.sentiment = chances[2] - chances[0];
  }
  return reading;
}

}  // namespace sotto
