// One ONNX Runtime session: a model file, loaded once, run on the calling thread (one intra-op thread, no spinning;
// two threads a session were two to three times slower). run() may be called from several threads at once, so the
// workers of an adapter share one session and its weights. Tensors of outputs are owned by the caller.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <onnxruntime_cxx_api.h>

#include "base/error.h"

namespace sotto {

struct OnnxInput {
  std::string name;
  std::vector<std::int64_t> shape;  // -1: any size
};

class OnnxSession {
 public:
  // Error `model_missing` or `model_broken`: names the file and says how to get it back.
  static Result<OnnxSession> load(std::filesystem::path const& file);

  OnnxSession(OnnxSession&&) = default;
  OnnxSession& operator=(OnnxSession&&) = default;

  std::vector<OnnxInput> inputs() const;
  // What the file says of itself under this name; empty: nothing.
  std::string property(std::string const& name) const;

  // `inputs` in the order of `input_names`; gives the tensors of `output_names`. Error `model_failed`.
  Result<std::vector<Ort::Value>> run(std::span<char const* const> input_names, std::span<Ort::Value const> inputs,
                                      std::span<char const* const> output_names) const;

 private:
  explicit OnnxSession(std::unique_ptr<Ort::Session> session) : session_(std::move(session)) {}

  std::unique_ptr<Ort::Session> session_;
};

// A tensor over memory that the caller keeps alive until run() returns.
template <typename T>
Ort::Value tensor_over(std::span<T> data, std::initializer_list<std::int64_t> shape) {
  static Ort::MemoryInfo const memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor<T>(memory, data.data(), data.size(), shape.begin(), shape.size());
}

}  // namespace sotto
