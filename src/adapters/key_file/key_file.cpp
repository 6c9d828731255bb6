#include "adapters/key_file/key_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/check.h"

namespace sotto {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic{"sotto keys 1\n\0\0\0", 16};
constexpr std::int64_t kHeaderGap = 4096, kSlotsAt = KeyFile::kEmptyBytes;
static_assert(kSlotsAt == 2 * kHeaderGap);
constexpr std::size_t kSlot = 128, kChunk = 1u << 20;
constexpr std::size_t kSlotUsed = sizeof(KeyId) + sizeof(Key) + kSealGrowth;
static_assert(kSlotUsed <= kSlot && 512 % kSlot == 0, "no slot lies in two sectors of a disk");
constexpr int kSlotBits = 28;
constexpr std::int64_t kSlotsMax = 1LL << kSlotBits, kGenerationMax = 1LL << 35;

std::size_t slot_of(KeyId id) { return static_cast<std::size_t>(id & (kSlotsMax - 1)); }
std::int64_t generation_of(KeyId id) { return id >> kSlotBits; }
std::int64_t place_of(std::size_t slot) { return kSlotsAt + static_cast<std::int64_t>(slot * kSlot); }

std::string bytes_of(std::int64_t number) { return {reinterpret_cast<char const*>(&number), sizeof number}; }
std::int64_t number_in(std::string_view bytes) {
  std::int64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

std::string const& aad_of_header() {
  static std::string const aad = "sotto keys: generation";
  return aad;
}
std::string aad_of(KeyId id) { return "sotto keys: key " + bytes_of(id); }

// Whether a file without a slot may be one of keys whose making was cut off: where its headers begin stands the mark of
// one, or a part of it.
bool may_be_cut_off(std::string_view file) {
  for (std::int64_t const at : {std::int64_t{0}, kHeaderGap}) {
    for (std::size_t i = 0; i < kMagic.size() && static_cast<std::size_t>(at) + i < file.size(); ++i) {
      if (auto const byte = file[static_cast<std::size_t>(at) + i]; byte != 0 && byte != kMagic[i]) return false;
    }
  }
  return true;
}

bool all_zeros(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Result<std::unique_ptr<KeyFile>> KeyFile::open(std::filesystem::path const& file, Key const& master) {
  auto disk = LockedFile::open(file);
  if (!disk) return std::unexpected(disk.error());
  return open(std::move(*disk), file.string(), master);
}

Result<std::unique_ptr<KeyFile>> KeyFile::open(std::unique_ptr<KeyDisk> disk, std::string name, Key const& master) {
  std::unique_ptr<KeyFile> out(new KeyFile(std::move(disk), std::move(name), master));
  Lock const write(out->write_mutex_);
  Lock const hold(out->mutex_);
  if (auto loaded = out->load(); !loaded) return std::unexpected(loaded.error());
  return out;
}

KeyFile::~KeyFile() {
  std::vector<KeyId> unused;
  {
    Lock const hold(mutex_);
    unused = std::exchange(ahead_, {});
  }
  Lock const write(write_mutex_);
  for (auto const id : unused) {
    if (!disk_->write(place_of(slot_of(id)), std::string(kSlot, '\0'))) return;
  }
  if (unused.empty()) return;
  if (auto synced = disk_->sync(); !synced) spdlog::warn("{}", synced.error().message);
}

Result<void> KeyFile::load() {
  auto const bytes = disk_->size();
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes <= kSlotsAt) {  // no key has ever stood here: a new file, or one whose making was cut off
    auto const whole = disk_->read(0, static_cast<std::size_t>(*bytes));
    if (!whole) return std::unexpected(whole.error());
    if (!may_be_cut_off(*whole))
      return fail("wrong_master_key", fmt::format("{} is no file of keys. Nothing was changed.", name_));
    // Begins anywhere: after a loss of the file its ids are not given again.
    auto const start = HeldKey(random_key());
    generation_ = number_in({reinterpret_cast<char const*>((*start).data()), 8}) & (kGenerationMax / 2 - 1);
    for (int copy = 0; copy < 2; ++copy) {
      ++generation_;
      if (auto done = write_header(); !done) return done;
    }
    return disk_->sync();
  }
  if (auto done = load_header(); !done) return done;
  return load_slots(*bytes);
}

Result<void> KeyFile::load_header() {
  for (std::int64_t const at : {std::int64_t{0}, kHeaderGap}) {
    auto const bytes = disk_->read(at, kMagic.size() + 8 + kSealGrowth);
    if (!bytes) return std::unexpected(bytes.error());
    if (!bytes->starts_with(kMagic)) continue;
    auto const number = unseal(*master_, aad_of_header(), std::string_view(*bytes).substr(kMagic.size()));
    if (number && number->size() == 8) generation_ = std::max(generation_, number_in(*number));
  }
  if (generation_ > 0) return {};
  return fail("wrong_master_key",
              fmt::format("{} cannot be opened with this master key: it is another one than the file was made with, or "
                          "the file is damaged. Nothing was changed.",
                          name_));
}

Result<void> KeyFile::load_slots(std::int64_t bytes) {
  auto const count = static_cast<std::size_t>(bytes - kSlotsAt + static_cast<std::int64_t>(kSlot) - 1) / kSlot;
  slots_.assign(count, 0);
  std::string chunk;
  std::size_t first = 0;
  for (std::size_t slot = 0; slot < count; ++slot) {
    if (slot == 0 || slot - first >= kChunk / kSlot) {
      auto read = disk_->read(place_of(slot), kChunk);
      if (!read) return std::unexpected(read.error());
      chunk = std::move(*read);
      chunk.resize((chunk.size() + kSlot - 1) / kSlot * kSlot);
      first = slot;
    }
    auto const at = (slot - first) * kSlot;
    auto const found = at < chunk.size() ? std::string_view(chunk).substr(at, kSlot) : std::string_view();
    auto const id = found.empty() ? 0 : number_in(found);
    bool const standing = id > 0 && slot_of(id) == slot && opened(id, found);
    if (standing) {
      slots_[slot] = id;
      generation_ = std::max(generation_, generation_of(id));
      continue;
    }
    free_.push_back(slot);
    garbled_ += !all_zeros(found);
    // Also those of zeros: a sync that failed may have left them so in memory only.
    if (auto done = disk_->write(place_of(slot), std::string(kSlot, '\0')); !done) return done;
  }
  std::ranges::reverse(free_);  // the first is taken first
  return free_.empty() ? Result<void>() : disk_->sync();
}

Result<void> KeyFile::write_header() {
  return disk_->write(generation_ % 2 * kHeaderGap,
                      std::string(kMagic) + seal(*master_, aad_of_header(), bytes_of(generation_)));
}

std::string KeyFile::sealed_slot(KeyId id, Key const& key) const {
  auto slot = bytes_of(id) + seal(*master_, aad_of(id), {reinterpret_cast<char const*>(key.data()), key.size()});
  slot.resize(kSlot);
  return slot;
}

std::unique_ptr<HeldKey> KeyFile::opened(KeyId id, std::string_view slot) const {
  if (slot.size() < kSlotUsed || number_in(slot) != id) return nullptr;
  auto text = unseal(*master_, aad_of(id), slot.substr(sizeof id, kSlotUsed - sizeof id));
  if (!text || text->size() != sizeof(Key)) return nullptr;
  auto key = std::make_unique<HeldKey>();
  std::memcpy((**key).data(), text->data(), sizeof(Key));
  cleanse(*text);
  return key;
}

Result<KeyId> KeyFile::fresh() {
  auto const ready = [this]() -> KeyId {
    Lock const hold(mutex_);
    if (ahead_.empty()) return 0;
    auto const id = ahead_.back();
    ahead_.pop_back();
    return id;
  };
  if (auto const id = ready()) return id;
  Lock const write(write_mutex_);
  if (auto const id = ready()) return id;  // another made them meanwhile
  if (auto made = make_group(); !made) return std::unexpected(made.error());
  return ready();
}

std::vector<std::size_t> KeyFile::slots_for_group() {
  Lock const hold(mutex_);
  std::vector<std::size_t> out;
  auto const reused = std::min(free_.size(), kGroup);
  out.assign(free_.rbegin(), free_.rbegin() + static_cast<std::ptrdiff_t>(reused));
  for (auto next = slots_.size(); out.size() < kGroup; ++next) out.push_back(next);
  return out;
}

Result<void> KeyFile::make_group() {
  auto const slots = slots_for_group();
  if (generation_ + 1 >= kGenerationMax || slots.back() >= static_cast<std::size_t>(kSlotsMax))
    return fail("keys_failed", name_ + " is full");
  ++generation_;
  if (auto done = write_header(); !done) return done;
  std::vector<KeyId> made;
  for (auto const slot : slots) {
    auto const id = generation_ << kSlotBits | static_cast<KeyId>(slot);
    HeldKey const key(random_key());
    if (auto done = disk_->write(place_of(slot), sealed_slot(id, *key)); !done) return done;
    made.push_back(id);
  }
  if (auto synced = disk_->sync(); !synced) return synced;
  Lock const hold(mutex_);
  free_.resize(free_.size() - std::min(free_.size(), kGroup));
  slots_.resize(std::max(slots_.size(), std::ranges::max(slots) + 1));
  for (auto const id : made) slots_[slot_of(id)] = id;
  ahead_ = std::move(made);
  std::ranges::reverse(ahead_);
  return {};
}

Result<Key> KeyFile::find(KeyId id) {
  {
    Lock const hold(mutex_);
    if (id <= 0 || slot_of(id) >= slots_.size() || slots_[slot_of(id)] != id)
      return fail("no_such_key", fmt::format("there is no key {}", id));
  }
  auto const slot = disk_->read(place_of(slot_of(id)), kSlot);
  if (!slot) return std::unexpected(slot.error());
  auto const key = opened(id, *slot);
  if (key) return **key;
  Lock const hold(mutex_);
  if (slots_[slot_of(id)] != id) return fail("no_such_key", fmt::format("key {} was destroyed just now", id));
  return fail("keys_failed", fmt::format("{}: key {} cannot be read any more, its slot is damaged", name_, id));
}

Result<void> KeyFile::destroy(KeyId id) {
  Lock const write(write_mutex_);
  if (id <= 0) return {};
  {
    Lock const hold(mutex_);
    bool const standing = slot_of(id) < slots_.size() && slots_[slot_of(id)] == id;
    if (!standing && !dying_.contains(id)) return {};
    if (standing) slots_[slot_of(id)] = 0;
    dying_.insert(id);
  }
  if (auto done = disk_->write(place_of(slot_of(id)), std::string(kSlot, '\0')); !done) return done;
  if (auto synced = disk_->sync(); !synced) return synced;
  Lock const hold(mutex_);
  dying_.erase(id);
  free_.push_back(slot_of(id));
  return {};
}

Result<std::size_t> KeyFile::copy_to(std::unique_ptr<KeyDisk> disk, std::string name, Key const& master) {
  auto const ids = all();
  if (!ids) return std::unexpected(ids.error());
  KeyFile copy(std::move(disk), std::move(name), master);
  Lock const mine(write_mutex_);
  Lock const other(copy.write_mutex_);
  copy.generation_ = generation_;
  for (int twice = 0; twice < 2; ++twice, ++copy.generation_) {
    if (auto done = copy.write_header(); !done) return std::unexpected(done.error());
  }
  for (auto const id : *ids) {
    auto key = find(id);
    if (!key) return std::unexpected(key.error());
    auto const written = copy.disk_->write(place_of(slot_of(id)), copy.sealed_slot(id, *key));
    cleanse(*key);
    if (!written) return std::unexpected(written.error());
  }
  if (auto synced = copy.disk_->sync(); !synced) return std::unexpected(synced.error());
  return ids->size();
}

Result<std::vector<KeyId>> KeyFile::all() {
  Lock const hold(mutex_);
  std::vector<KeyId> out;
  for (auto const id : slots_) {
    if (id != 0) out.push_back(id);
  }
  std::vector<KeyId> unused = ahead_;
  std::ranges::sort(unused);
  std::erase_if(out, [&](KeyId id) { return std::ranges::binary_search(unused, id); });
  out.insert(out.end(), dying_.begin(), dying_.end());
  return out;
}

}  // namespace sotto
