#include <blockspin/process/stop.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <cstdio>

namespace blockspin::process {

namespace {

constexpr int handled[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

// A signal handler may touch nothing but this.
volatile std::sig_atomic_t first_signal = 0;
bool catcher_alive = false;

void remember(int signal) {
    if (first_signal == 0) first_signal = signal;
}

/// A non-negative number that makes up the whole text, or nothing.
template <class Number> std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < Number{}) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t at; (at = text.find(separator)) != std::string_view::npos; text.remove_prefix(at + 1)) {
        parts.push_back(text.substr(0, at));
    }
    parts.push_back(text);
    return parts;
}

/// Hours:minutes:seconds or minutes:seconds, in seconds.
std::optional<long> clock_time(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
    long seconds = 0;
    for (const std::string_view part : parts) {
        const auto value = whole_number<long>(part);
        const bool leading = part.data() == parts.front().data();
        if (!value || *value > 1'000'000'000 || (!leading && *value > 59)) return std::nullopt;
        seconds = 60 * seconds + *value;
    }
    return seconds;
}

/// First line that a command prints; empty if it fails.
std::string first_line_of(const std::string& command) {
    std::FILE* pipe = popen(command.c_str(), "r"); // NOLINT(cert-env33-c): a fixed command and a number
    if (pipe == nullptr) return {};
    char line[256] = {};
    const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
    const bool succeeded = pclose(pipe) == 0;
    std::string text(read && succeeded ? line : "");
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

} // namespace

SignalCatcher::SignalCatcher() {
    core::ensure(!catcher_alive, "one SignalCatcher at a time");
    catcher_alive = true;
    first_signal = 0;
    for (const int signal : handled) {
        struct sigaction action = {};
        action.sa_handler = remember;
        action.sa_flags = SA_RESTART;
        sigaction(signal, &action, nullptr);
    }
    std::signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is an error of the write that meets it
}

SignalCatcher::~SignalCatcher() {
    for (const int signal : handled) std::signal(signal, SIG_DFL);
    std::signal(SIGXFSZ, SIG_DFL);
    catcher_alive = false;
}

int SignalCatcher::caught() const noexcept { return first_signal; }

Seconds parse_duration(std::string_view text) {
    const auto dash = text.find('-');
    if (dash != std::string_view::npos && dash > 0) {
        const auto days = whole_number<long>(text.substr(0, dash));
        const auto rest = clock_time(text.substr(dash + 1));
        if (days && *days < 100'000 && rest)
            return Seconds(86400.0 * static_cast<double>(*days) + static_cast<double>(*rest));
    } else if (const auto clock = clock_time(text)) {
        return Seconds(static_cast<double>(*clock));
    } else if (const auto seconds = whole_number<double>(text); seconds && *seconds < 1e10) {
        return Seconds(*seconds);
    }
    throw core::InputError(fmt::format(
        "cannot read '{}' as a time: write hours:minutes:seconds, days-hours:minutes:seconds or seconds", text));
}

std::string format_duration(Seconds duration) {
    if (duration.count() < 100.0) return fmt::format("{:.1f} s", duration.count());
    const auto seconds = static_cast<long>(duration.count() + 0.5);
    const std::string clock = fmt::format("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    return seconds < 86400 ? clock : fmt::format("{} d {}", seconds / 86400, clock);
}

std::optional<Seconds> slurm_time_left() {
    if (const char* end = std::getenv("SLURM_JOB_END_TIME")) {
        if (const auto epoch = whole_number<std::int64_t>(end))
            return Seconds(std::difftime(*epoch, std::time(nullptr)));
    }
    const char* job = std::getenv("SLURM_JOB_ID");
    if (job == nullptr || !whole_number<std::uint64_t>(job)) return std::nullopt;
    const std::string left = first_line_of(fmt::format("squeue --noheader --format=%L --jobs={} 2>/dev/null", job));
    try {
        return left.empty() ? std::nullopt : std::optional(parse_duration(left));
    } catch (const core::InputError&) { // "UNLIMITED", "INVALID"
        return std::nullopt;
    }
}

StopConditions::StopConditions(const SignalCatcher& signals, std::filesystem::path run_folder,
                               std::optional<Seconds> max_time, std::optional<Seconds> slurm_left)
    : signals_(signals), stop_file_(std::move(run_folder) / "stop") {
    for (const auto& limit : {max_time, slurm_left}) {
        if (!limit) continue;
        const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(*limit);
        deadline_ = deadline_ ? std::min(*deadline_, end) : end;
    }
}

bool StopConditions::out_of_time(Seconds margin) const {
    const auto left = time_left();
    return left && *left <= margin;
}

bool StopConditions::stop_file_exists() {
    if (Clock::now() < next_look_) return false;
    next_look_ = Clock::now() + std::chrono::seconds(1);
    std::error_code ignored;
    return std::filesystem::exists(stop_file_, ignored);
}

void StopConditions::remove_stop_file() const noexcept {
    std::error_code ignored;
    std::filesystem::remove(stop_file_, ignored);
}

std::optional<Seconds> StopConditions::time_left() const {
    if (!deadline_) return std::nullopt;
    return Seconds(*deadline_ - Clock::now());
}

} // namespace blockspin::process
