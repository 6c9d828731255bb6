#include "adapters/minilm/sentence_encoder.h"

#include <array>

namespace sotto {

Result<SentenceEncoder> SentenceEncoder::load(std::filesystem::path const& folder) {
  auto session = OnnxSession::load(folder / "encoder.onnx");
  if (!session) return std::unexpected(session.error());
  auto pieces = WordPieces::load(folder / "vocab.txt");
  if (!pieces) return std::unexpected(pieces.error());
  return SentenceEncoder(std::move(*session), std::move(*pieces));
}

Result<std::vector<float>> SentenceEncoder::encode(std::string_view text) const {
  auto ids = pieces_.ids(text);
  std::array<Ort::Value, 1> const inputs{tensor_over<std::int64_t>(ids, {1, static_cast<std::int64_t>(ids.size())})};
  auto outputs = session_.run(std::array{"input_ids"}, inputs, std::array{"vector"});
  if (!outputs) return std::unexpected(outputs.error());
  auto const& vector = (*outputs)[0];
  auto const* values = vector.GetTensorData<float>();
  return std::vector<float>(values, values + vector.GetTensorTypeAndShapeInfo().GetElementCount());
}

}  // namespace sotto
