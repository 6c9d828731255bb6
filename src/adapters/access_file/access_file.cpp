#include "adapters/access_file/access_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace sotto::app {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kTailBytes = 64 * 1024;  // more than a line has

std::unexpected<Error> failed(fs::path const& file, int number) {
  return fail("access_log_failed", fmt::format("{}: {}", file.string(), std::strerror(number)));
}

std::string month_of(Time at) { return to_rfc3339(at).substr(0, 7); }

// In order of time.
Result<std::vector<fs::path>> files_of(fs::path const& folder) {
  std::vector<fs::path> out;
  std::error_code wrong;
  for (fs::directory_iterator at(folder, wrong), end; !wrong && at != end; at.increment(wrong))
    if (at->path().extension() == ".jsonl" && at->is_regular_file(wrong)) out.push_back(at->path());
  if (wrong) return fail("access_log_failed", folder.string() + ": " + wrong.message());
  std::ranges::sort(out);
  return out;
}

// The newest whole line, empty without any; what is not whole behind it is cut off.
Result<std::string> last_line(fs::path const& file) {
  std::error_code wrong;
  auto const size = fs::file_size(file, wrong);
  std::ifstream in(file, std::ios::binary);
  if (wrong || !in) return failed(file, wrong ? wrong.value() : errno);
  auto const begin = size - std::min<std::uintmax_t>(size, kTailBytes);
  std::string tail(size - begin, '\0');
  in.seekg(static_cast<std::streamoff>(begin));
  if (!in.read(tail.data(), static_cast<std::streamsize>(tail.size()))) return failed(file, errno);
  auto const whole = tail.rfind('\n') + 1;  // 0: none
  if (whole < tail.size()) {
    spdlog::warn("{}: the last entry was not written whole, and nobody was answered; it is cut off", file.string());
    fs::resize_file(file, begin + whole, wrong);
    if (wrong) return failed(file, wrong.value());
  }
  if (whole == 0) return std::string();
  auto const start = whole == 1 ? 0 : tail.rfind('\n', whole - 2) + 1;
  return tail.substr(start, whole - 1 - start);
}

}  // namespace

Result<std::unique_ptr<AccessFile>> AccessFile::open(fs::path folder, Executor& loop) {
  std::error_code wrong;
  fs::create_directories(folder, wrong);
  if (wrong) return fail("access_log_failed", folder.string() + ": " + wrong.message());
  auto files = files_of(folder);
  if (!files) return std::unexpected(files.error());
  ChainEnd end;
  auto const newest = files->empty() ? std::string() : files->back().stem().string();
  while (!files->empty()) {
    auto const line = last_line(files->back());
    if (!line) return std::unexpected(line.error());
    if (auto const read = read_line(*line); read) {
      end = read->at;
      break;
    }
    if (!line->empty()) {
      spdlog::error("{}: the newest entry was changed; a new chain begins behind it (sotto audit verify)",
                    files->back().string());
      break;
    }
    files->pop_back();  // a month without an entry
  }
  return std::unique_ptr<AccessFile>(new AccessFile(std::move(folder), std::move(end), newest, loop));
}

AccessFile::AccessFile(fs::path folder, ChainEnd end, std::string month, Executor& loop)
    : folder_(std::move(folder)),
      end_(std::move(end)),
      month_(std::move(month)),
      thread_(loop, [this](auto const& group) { return write(group); }) {}

AccessFile::File::~File() {
  if (handle >= 0) ::close(handle);
}

// All of the group or nothing of it.
Result<void> AccessFile::write(std::deque<AccessEntry> const& group) {
  auto end = end_;
  std::string lines;
  for (auto const& entry : group) lines += next_line(entry, end) + "\n";
  // The order of lines is that of the files, though the clock was set back.
  auto const month = std::max(month_of(group.front().at), month_);
  if (auto written = write_lines(month, lines); !written) return written;
  end_ = std::move(end);
  return {};
}

Result<void> AccessFile::write_lines(std::string const& month, std::string_view lines) {
  auto const path = folder_ / (month + ".jsonl");
  if (file_.handle < 0 || month != month_) {
    auto const opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (opened < 0) return failed(path, errno);
    if (file_.handle >= 0) ::close(file_.handle);
    file_.handle = opened;
    month_ = month;
    // The name of a new file is durable too.
    if (auto const folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
      ::fsync(folder);
      ::close(folder);
    }
  }
  auto const before = ::lseek(file_.handle, 0, SEEK_END);
  for (auto rest = lines; !rest.empty();) {
    auto const wrote = ::write(file_.handle, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      auto const number = errno;
      // Half an entry would end the chain here.
      if (::ftruncate(file_.handle, before) != 0) spdlog::error("{}: {}", path.string(), std::strerror(errno));
      return failed(path, number);
    }
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fdatasync(file_.handle) == 0) return {};
  auto const number = errno;
  if (::ftruncate(file_.handle, before) != 0) spdlog::error("{}: {}", path.string(), std::strerror(errno));
  return failed(path, number);
}

Result<void> each_access_line(fs::path const& folder, std::function<Result<void>(std::string_view)> const& line) {
  auto const files = files_of(folder);
  if (!files) return std::unexpected(files.error());
  for (auto const& file : *files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return failed(file, errno);
    // A line without its end is being written, or was when the machine stopped: it counts once it is whole.
    for (std::string text; std::getline(in, text) && !in.eof();) {
      if (auto done = line(text); !done)
        return fail(done.error().code, file.filename().string() + ": " + done.error().message);
    }
  }
  return {};
}

}  // namespace sotto::app
