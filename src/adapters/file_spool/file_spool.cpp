#include "adapters/file_spool/file_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace sotto {

namespace {

// The file is opened when the first bytes come: nearly no call ever needs it.
class FileSpool final : public AudioSpool {
 public:
  FileSpool(std::filesystem::path folder, std::int64_t bytes_max) : folder_(std::move(folder)), bytes_max_(bytes_max) {}
  ~FileSpool() override {
    if (file_ >= 0) ::close(file_);
  }
  FileSpool(FileSpool const&) = delete;
  FileSpool& operator=(FileSpool const&) = delete;

  std::optional<std::int64_t> append(std::span<std::uint8_t const> bytes) override {
    auto const size = static_cast<std::int64_t>(bytes.size());
    if (size_ + size > bytes_max_ || !opened()) return std::nullopt;
    for (std::size_t done = 0; done < bytes.size();) {
      auto const wrote =
          ::pwrite(file_, bytes.data() + done, bytes.size() - done, size_ + static_cast<std::int64_t>(done));
      if (wrote <= 0) return std::nullopt;
      done += static_cast<std::size_t>(wrote);
    }
    return std::exchange(size_, size_ + size);
  }

  std::optional<std::vector<std::uint8_t>> read(std::int64_t at, std::size_t size) const override {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t done = 0; done < size;) {
      auto const got = ::pread(file_, bytes.data() + done, size - done, at + static_cast<std::int64_t>(done));
      if (got <= 0) return std::nullopt;
      done += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  void clear() override {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
    size_ = 0;
  }

 private:
  bool opened() {
    if (file_ < 0) file_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file_ >= 0;
  }

  std::filesystem::path const folder_;
  std::int64_t const bytes_max_;
  int file_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace

FileSpools::FileSpools(std::filesystem::path folder, std::set<std::string> tenants, std::int64_t bytes_max)
    : folder_(std::move(folder)), tenants_(std::move(tenants)), bytes_max_(bytes_max) {
  std::error_code ignored;  // an append that fails says so
  if (!tenants_.empty()) std::filesystem::create_directories(folder_, ignored);
}

std::unique_ptr<AudioSpool> FileSpools::open(std::string const& tenant) {
  if (!tenants_.contains(tenant)) return nullptr;
  return std::make_unique<FileSpool>(folder_, bytes_max_);
}

}  // namespace sotto
