#include "adapters/minilm/sentence_encoder.h"

#include <array>
#include <span>
#include <utility>

namespace sotto {

Result<SentenceEncoder> SentenceEncoder::load(std::filesystem::path const& folder) {
  auto encoder = OnnxSession::load(folder / "encoder.onnx");
  if (!encoder) return std::unexpected(encoder.error());
  auto sentiment = OnnxSession::load(folder / "sentiment.onnx");
  if (!sentiment) return std::unexpected(sentiment.error());
  auto pieces = WordPieces::load(folder / "vocab.txt");
  if (!pieces) return std::unexpected(pieces.error());
  return SentenceEncoder(std::move(*encoder), std::move(*sentiment), std::move(*pieces));
}

Result<std::vector<float>> SentenceEncoder::encode(std::string_view text) const {
  auto reading = read(text, false);
  if (!reading) return std::unexpected(reading.error());
  return std::move(reading->vector);
}

Result<SentenceEncoder::Reading> SentenceEncoder::read(std::string_view text, bool sentiment) const {
  auto ids = pieces_.ids(text);
  std::array<Ort::Value, 1> const inputs{tensor_over<std::int64_t>(ids, {1, static_cast<std::int64_t>(ids.size())})};
  // What is not asked for as an output of a graph is worked out all the same: two graphs, or all would pay for both.
  std::array<char const*, 2> const names{"vector", "shared"};
  auto outputs = encoder_.run(std::array{"input_ids"}, inputs, std::span(names).first(sentiment ? 2 : 1));
  if (!outputs) return std::unexpected(outputs.error());
  auto const& vector = (*outputs)[0];
  auto const* values = vector.GetTensorData<float>();
  Reading reading{{values, values + vector.GetTensorTypeAndShapeInfo().GetElementCount()}, {}};
  if (!sentiment) return reading;
  auto sentiments = sentiment_.run(std::array{"shared"}, std::span(*outputs).subspan(1), std::array{"sentiment"});
  if (!sentiments) return std::unexpected(sentiments.error());
  auto const* chances = (*sentiments)[0].GetTensorData<float>();  // negative, neutral, positive
  reading.sentiment = chances[2] - chances[0];
  return reading;
}

}  // namespace sotto
