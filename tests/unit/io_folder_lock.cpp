#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/folder_lock.hpp>

#include <filesystem>
#include <optional>
#include <thread>

using namespace blockspin;
using namespace std::chrono_literals;

namespace {

struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / "blockspin-test-lock";
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_folder_has_one_owner_at_a_time) {
    const Folder folder;
    std::optional<io::FolderLock> first(std::in_place, folder.path, 0ms);
    BOOST_CHECK_THROW(io::FolderLock(folder.path, 100ms), core::InputError);
    first.reset();
    BOOST_CHECK_NO_THROW(io::FolderLock(folder.path, 0ms));
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_in_time_is_waited_for) {
    const Folder folder;
    std::optional<io::FolderLock> first(std::in_place, folder.path, 0ms);
    std::thread ends([&] {
        std::this_thread::sleep_for(200ms);
        first.reset();
    });
    BOOST_CHECK_NO_THROW(io::FolderLock(folder.path, 60s));
    ends.join();
}

BOOST_AUTO_TEST_CASE(a_moved_lock_still_holds) {
    const Folder folder;
    io::FolderLock first(folder.path, 0ms);
    const io::FolderLock second(std::move(first));
    BOOST_CHECK_THROW(io::FolderLock(folder.path, 0ms), core::InputError);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_an_io_error) {
    BOOST_CHECK_THROW(io::FolderLock("/nowhere/at/all", 0ms), core::IoError);
}
