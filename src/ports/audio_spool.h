// Port AudioSpool: keeps the undecided audio of one track that memory no longer keeps, while no recogniser answers.
// Only for tenants that allow recording. Confined to the loop of its call. What it holds is gone when it is destroyed,
// and when the process ends in whatever way: nobody reads a spool again after a restart, the source replays.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sotto {

class AudioSpool {
 public:
  virtual ~AudioSpool() = default;
  // Where the bytes lie; nullopt: full, or the disk refuses. Then they are not kept.
  virtual std::optional<std::int64_t> append(std::span<std::uint8_t const> bytes) = 0;
  // nullopt: the disk refuses.
  virtual std::optional<std::vector<std::uint8_t>> read(std::int64_t at, std::size_t size) const = 0;
  // Nothing of it is needed any more.
  virtual void clear() = 0;
};

class AudioSpools {
 public:
  virtual ~AudioSpools() = default;
  // One track's; null where the tenant does not allow recording.
  virtual std::unique_ptr<AudioSpool> open(std::string const& tenant) = 0;
};

}  // namespace sotto
