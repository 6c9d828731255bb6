#include "adapters/onnx/session.h"

#include <cstdlib>
#include <mutex>

#include <fmt/format.h>

namespace sotto {
namespace {

// The library is newer than the headers: ask it for the API that the headers describe, once, before any Ort object.
Ort::Env& environment() {
  static std::once_flag once;
  std::call_once(once, [] { Ort::InitApi(OrtGetApiBase()->GetApi(ORT_API_VERSION)); });
  static Ort::Env env = [] {
    // The library's own builds report home, unless told so before and after they begin.
    ::setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    Ort::Env made(ORT_LOGGING_LEVEL_ERROR, "sotto");
    made.DisableTelemetryEvents();
    return made;
  }();
  return env;
}

Ort::SessionOptions session_options() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Signed weights overflow the 16-bit sums of processors without VNNI: those get unsigned ones, which are slower.
  options.AddConfigEntry("session.x64quantprecision", "1");
  return options;
}

}  // namespace

Result<OnnxSession> OnnxSession::load(std::filesystem::path const& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) {
    return fail("model_missing", fmt::format("The model file {} is missing. Run `make setup`.", file.string()));
  }
  try {
    auto& env = environment();
    return OnnxSession(std::make_unique<Ort::Session>(env, file.c_str(), session_options()));
  } catch (Ort::Exception const& error) {
    auto constexpr text = "The model file {} cannot be read ({}). Delete its folder and run `make setup`.";
    return fail("model_broken", fmt::format(text, file.string(), error.what()));
  }
}

std::vector<OnnxInput> OnnxSession::inputs() const {
  std::vector<OnnxInput> inputs;
  Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t index = 0; index < session_->GetInputCount(); ++index) {
    inputs.push_back({session_->GetInputNameAllocated(index, allocator).get(),
                      session_->GetInputTypeInfo(index).GetTensorTypeAndShapeInfo().GetShape()});
  }
  return inputs;
}

std::string OnnxSession::property(std::string const& name) const {
  Ort::AllocatorWithDefaultOptions allocator;
  auto const value = session_->GetModelMetadata().LookupCustomMetadataMapAllocated(name.c_str(), allocator);
  return value ? value.get() : "";
}

Result<std::vector<Ort::Value>> OnnxSession::run(std::span<char const* const> input_names,
                                                 std::span<Ort::Value const> inputs,
                                                 std::span<char const* const> output_names) const {
  try {
    return session_->Run(Ort::RunOptions{nullptr}, input_names.data(), inputs.data(), inputs.size(),
                         output_names.data(), output_names.size());
  } catch (Ort::Exception const& error) {
    return fail("model_failed", error.what());
  }
}

}  // namespace sotto
