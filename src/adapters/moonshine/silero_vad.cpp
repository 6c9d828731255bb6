#include "adapters/moonshine/silero_vad.h"

#include <algorithm>

namespace sotto {

namespace {
constexpr std::size_t kContextSize = 64;
constexpr std::size_t kRowSize = kContextSize + kVadFrame;
constexpr std::size_t kWidth = 128;
}  // namespace

Result<SileroVad> SileroVad::load(std::filesystem::path const& file) {
  auto session = OnnxSession::load(file);
  if (!session) return std::unexpected(session.error());
  return SileroVad(std::move(*session));
}

Result<void> SileroVad::run(std::span<VadLane> lanes) const {
  auto const count = lanes.size();
  std::vector<float> rows(count * kRowSize), memory(2 * count * kWidth);
  for (std::size_t lane = 0; lane < count; ++lane) {
    auto& state = *lanes[lane].state;
    auto* row = rows.data() + lane * kRowSize;
    std::ranges::copy(lanes[lane].frame, std::ranges::copy(state.context, row).out);
    for (std::size_t layer : {0, 1}) {
      std::copy_n(state.memory.data() + layer * kWidth, kWidth, memory.data() + (layer * count + lane) * kWidth);
    }
  }
  std::array<std::int64_t, 1> rate{16000};
  auto const batch = static_cast<std::int64_t>(count);
  std::array<Ort::Value, 3> const inputs{tensor_over<float>(rows, {batch, kRowSize}),
                                         tensor_over<float>(memory, {2, batch, kWidth}),
                                         tensor_over<std::int64_t>(rate, {})};
  auto outputs = session_.run(std::array{"input", "state", "sr"}, inputs, std::array{"output", "stateN"});
  if (!outputs) return std::unexpected(outputs.error());

  auto const* probabilities = (*outputs)[0].GetTensorData<float>();
  auto const* moved = (*outputs)[1].GetTensorData<float>();
  for (std::size_t lane = 0; lane < count; ++lane) {
    auto& state = *lanes[lane].state;
    lanes[lane].probability = probabilities[lane];
    std::ranges::copy(lanes[lane].frame.last<kContextSize>(), state.context.begin());
    for (std::size_t layer : {0, 1}) {
      std::copy_n(moved + (layer * count + lane) * kWidth, kWidth, state.memory.data() + layer * kWidth);
    }
  }
  return {};
}

}  // namespace sotto
