// The embedded ModelShard: the sentence encoder in this process (port: ports/model_shard.h), on one thread of its
// own. The queue is bounded by lane (limits::kShardQueueMax, asks_waiting_max; beyond it `queue_full`) and served by
// lane, then by deadline; a request that cannot be in time any more is answered with `deadline` instead of making the
// next one late as well.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "adapters/minilm/sentence_encoder.h"
#include "adapters/minilm/vector_cache.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "ports/model_shard.h"

namespace sotto {

struct MinilmOptions {
  std::filesystem::path folder;       // the five graphs, vocab.txt
  std::size_t cached_vectors = 4096;  // 1.5 kB each
  std::size_t cached_passages = 64;   // 200 kB each
};

class MinilmShard final : public ModelShard {
 public:
  static constexpr char const* model = "sentence-encoder";
  static constexpr char const* version = "all-MiniLM-L6-v2-int8";

  // Errors `model_missing`, `model_broken`. Executor and clock outlive it.
  static Result<std::unique_ptr<MinilmShard>> make(MinilmOptions options, Executor& executor, Clock const& clock);
  // Requests that still wait are answered with `model_failed`.
  ~MinilmShard() override;

  void infer(ModelRequest request, std::function<void(Result<ModelResponse>)> done) override;
  bool ready() const override { return true; }  // it exists only with its weights loaded

 private:
  using Done = std::function<void(Result<ModelResponse>)>;
  struct Waiting {
    ModelRequest request;
    Done done;
    Time arrived;
    std::uint64_t number = 0;  // the order of arrival, among equal deadlines
  };

  MinilmShard(SentenceEncoder encoder, MinilmOptions const& options, Executor& executor, Clock const& clock);
  void answer(Done done, Result<ModelResponse> result);
  void work(std::stop_token stop);
  bool take(std::stop_token const& stop, Waiting& next);
  Result<ModelResponse> run(Waiting const& waiting);
  Result<float> read(PassageAndQuestion const& pair);

  // Given.
  SentenceEncoder const encoder_;
  Executor& executor_;
  Clock const& clock_;
  // State of the worker.
  VectorCache<TextReading> cache_;
  VectorCache<SentenceEncoder::LowerHalf> passages_;
  Duration text_cost_{2000};   // moving average of one text through the model
  Duration pair_cost_{20000};  // of one pair
  // State, shared.
  Mutex mutex_;
  Condition arrived_;
  std::vector<Waiting> queue_ GUARDED_BY(mutex_);            // a heap, the nearest deadline on top
  std::array<std::size_t, 3> waiting_ GUARDED_BY(mutex_){};  // by lane
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
  // Owned.
  std::jthread worker_;
};

}  // namespace sotto
