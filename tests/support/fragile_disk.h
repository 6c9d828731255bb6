// A disk under a key file that can lose power and fail: what was written and not synced may be there or not, sector by
// sector, and half of one sector; a sync that fails leaves what was written in memory only, as a page cache does.
#pragma once

#include <algorithm>
#include <random>
#include <set>

#include "adapters/key_file/key_disk.h"

namespace sotto {

// The platters: they outlive a KeyFile.
struct Platters {
  std::string durable;             // what a power cut leaves for sure
  std::string seen;                // what is read before one
  std::set<std::size_t> unsynced;  // sectors of `seen`
  int writes_left = -1;            // then the power is gone; negative: never
  int syncs = 0, failing_syncs = 0, failing_writes = 0;

  static constexpr std::size_t kSector = 512;

  // Half of the sectors that were written since the last sync reach the disk, and one of them in part.
  void cut(std::mt19937& chance) {
    bool torn = false;
    for (auto const sector : unsynced) {
      if (chance() % 2 == 0) continue;
      auto const from = sector * kSector;
      auto count = std::min(kSector, seen.size() - from);
      if (!torn && chance() % 4 == 0) count = chance() % count, torn = true;
      durable.resize(std::max(durable.size(), from + count));
      std::copy_n(seen.begin() + static_cast<std::ptrdiff_t>(from), count,
                  durable.begin() + static_cast<std::ptrdiff_t>(from));
    }
    seen = durable;
    unsynced.clear();
    writes_left = -1;
  }
};

class FragileDisk final : public KeyDisk {
 public:
  explicit FragileDisk(Platters& platters) : on_(platters) {}

  Result<std::int64_t> size() const override { return static_cast<std::int64_t>(on_.seen.size()); }
  Result<std::string> read(std::int64_t at, std::size_t count) const override {
    auto const from = std::min(static_cast<std::size_t>(at), on_.seen.size());
    return on_.seen.substr(from, count);
  }
  Result<void> write(std::int64_t at, std::string_view bytes) override {
    if (on_.failing_writes > 0) return --on_.failing_writes, fail("keys_failed", "the disk does not write");
    if (on_.writes_left == 0) return fail("keys_failed", "no power");
    if (on_.writes_left > 0) --on_.writes_left;
    auto const from = static_cast<std::size_t>(at);
    on_.seen.resize(std::max(on_.seen.size(), from + bytes.size()));
    std::ranges::copy(bytes, on_.seen.begin() + at);
    for (auto sector = from / Platters::kSector; sector * Platters::kSector < from + bytes.size(); ++sector)
      on_.unsynced.insert(sector);
    return {};
  }
  Result<void> sync() override {
    if (on_.writes_left == 0) return fail("keys_failed", "no power");
    ++on_.syncs;
    if (on_.failing_syncs > 0) {
      --on_.failing_syncs;
      on_.unsynced.clear();  // clean in memory: a later sync does not write them
      return fail("keys_failed", "the disk does not sync");
    }
    on_.durable.resize(on_.seen.size());
    for (auto const sector : on_.unsynced) {
      auto const from = sector * Platters::kSector;
      auto const count = std::min(Platters::kSector, on_.seen.size() - from);
      std::copy_n(on_.seen.begin() + static_cast<std::ptrdiff_t>(from), count,
                  on_.durable.begin() + static_cast<std::ptrdiff_t>(from));
    }
    on_.unsynced.clear();
    return {};
  }

 private:
  Platters& on_;
};

}  // namespace sotto
