#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sys/resource.h>

using namespace blockspin;

namespace {

const mpi::Communicator& world() { return support::world(); }

/// Value of an element that is different everywhere and depends on the place alone.
template <class T> T element(std::uint64_t place) { return static_cast<T>(place * 2654435761U + place / 7); }

/// Row where the piece of a rank begins when `rows` rows are cut unevenly, empty pieces included.
std::uint64_t cut(std::uint64_t rows, int rank, int style) {
    if (rank == 0) return 0;
    if (rank >= world().size()) return rows;
    const auto share = rows * static_cast<std::uint64_t>(rank) / static_cast<std::uint64_t>(world().size());
    return style == 0 ? share : style == 1 ? rows : std::min<std::uint64_t>(rows, share + 1); // 1: rank 0 has all
}

io::Slab piece(const std::vector<std::uint64_t>& shape, int style) {
    const std::uint64_t first = cut(shape.front(), world().rank(), style);
    return io::Slab::of_rows(shape, first, cut(shape.front(), world().rank() + 1, style) - first);
}

/// A box of two-dimensional tiles: rank r has the columns cut the other way round.
io::Slab columns(const std::vector<std::uint64_t>& shape, int style) {
    const io::Slab turned = piece({shape[1]}, style);
    return {shape, {0, turned.offset[0]}, {shape[0], turned.count[0]}};
}

template <class T> std::vector<T> contents(const io::Slab& slab) {
    std::vector<T> data;
    const std::uint64_t width = slab.shape.size() > 1 ? slab.shape[1] : 1;
    const std::uint64_t first = slab.shape.size() > 1 ? slab.offset[1] : 0;
    const std::uint64_t count = slab.shape.size() > 1 ? slab.count[1] : 1;
    for (std::uint64_t i = 0; i < slab.count[0]; ++i) {
        for (std::uint64_t j = 0; j < count; ++j) data.push_back(element<T>((slab.offset[0] + i) * width + first + j));
    }
    return data;
}

template <class T> std::uint64_t wrong(const io::Reader& reader, const io::Slab& slab) {
    const auto expected = contents<T>(slab);
    std::vector<T> found(expected.size());
    reader.array<T>("data", slab, found);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < found.size(); ++i) count += found[i] == expected[i] ? 0 : 1;
    return count;
}

void expect_error_everywhere(const std::function<void()>& action, core::ExitCode code) {
    bool thrown = false;
    std::string message;
    try {
        action();
    } catch (const core::Error& error) {
        thrown = true;
        message = error.what();
        BOOST_TEST(static_cast<int>(error.code()) == static_cast<int>(code), message);
    }
    BOOST_TEST(thrown);
    BOOST_TEST(mpi::is_same_on_all_ranks(world(), std::as_bytes(std::span(message))));
}

std::size_t files_in(const std::filesystem::path& folder) {
    world().barrier();
    const auto count = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
    world().barrier();
    return count;
}

} // namespace

BOOST_AUTO_TEST_CASE(any_layout_is_read_back_under_any_other) {
    const support::ScratchFolder folder(world());
    const std::vector<std::vector<std::uint64_t>> shapes{{1}, {7}, {1000}, {13, 5}, {3, 128}, {64, 31}};
    for (const auto& shape : shapes) {
        for (const int style : {0, 1, 2}) {
            for (const bool compressed : {false, true}) {
                const io::Storage storage =
                    compressed ? io::Storage{std::vector<std::uint64_t>(shape.size(), 4), 4} : io::Storage{};
                io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
                    const io::Slab slab = piece(shape, style);
                    writer.array<std::int32_t>("data", slab, contents<std::int32_t>(slab), storage);
                });
                const io::Reader reader = io::open_sealed(world(), folder / "a.h5");
                for (const int other : {0, 1, 2}) {
                    BOOST_TEST(wrong<std::int32_t>(reader, piece(shape, other)) == 0);
                    if (shape.size() == 2) BOOST_TEST(wrong<std::int32_t>(reader, columns(shape, other)) == 0);
                }
                BOOST_TEST(wrong<std::int32_t>(reader, io::Slab::whole(shape)) == 0);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(large_arrays_are_written_in_several_pieces) {
    const support::ScratchFolder folder(world());
    const std::vector<std::uint64_t> tall{65, 1 << 16}, long_row{1, 4000003};
    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
        const io::Slab rows = piece(tall, 2), part = columns(long_row, 0);
        writer.array<std::int64_t>("data", rows, contents<std::int64_t>(rows));
        writer.group("g").array<std::int64_t>("data", part, contents<std::int64_t>(part));
    });
    const io::Reader reader = io::open_sealed(world(), folder / "a.h5");
    BOOST_TEST(wrong<std::int64_t>(reader, columns(tall, 0)) == 0);
    BOOST_TEST(wrong<std::int64_t>(reader.group("g"), io::Slab::whole(long_row)) == 0);
}

using AllTypes = std::tuple<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                            std::uint32_t, std::uint64_t, float, double>;

BOOST_AUTO_TEST_CASE_TEMPLATE(every_type_survives, T, AllTypes) {
    const support::ScratchFolder folder(world());
    const std::vector<std::uint64_t> shape{41, 3};
    const auto all = contents<T>(io::Slab::whole(shape));
    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
        writer.value("one", std::numeric_limits<T>::lowest());
        writer.array<T>("data", columns(shape, 0), contents<T>(columns(shape, 0)));
        writer.array<T>("small", shape, all);
        writer.array("large", std::vector<T>(20000, T{42}));
        writer.array("empty", std::vector<T>{});
    });
    const io::Reader reader = io::open_sealed(world(), folder / "a.h5");
    BOOST_TEST(reader.value<T>("one") == std::numeric_limits<T>::lowest());
    BOOST_TEST(wrong<T>(reader, piece(shape, 2)) == 0);
    BOOST_TEST((reader.array<T>("small") == all));
    BOOST_TEST((reader.shape("small") == shape));
    BOOST_TEST((reader.array<T>("large") == std::vector<T>(20000, T{42})));
    BOOST_TEST(reader.array<T>("empty").empty());
}

BOOST_AUTO_TEST_CASE(a_loop_of_collective_writes_has_no_wrong_element) {
    const support::ScratchFolder folder(world());
    const int loops = std::getenv("BLOCKSPIN_LONG") ? 50 : 10;
    std::uint64_t wrong_elements = 0;
    for (int loop = 0; loop < loops; ++loop) {
        const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(37 + loop), 61};
        io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
            const io::Slab slab = columns(shape, loop % 3);
            writer.array<double>("data", slab, contents<double>(slab));
        });
        wrong_elements += wrong<double>(io::open_sealed(world(), folder / "a.h5"), io::Slab::whole(shape));
    }
    BOOST_TEST(wrong_elements == 0U);
}

BOOST_AUTO_TEST_CASE(texts_groups_and_attributes_are_read_back) {
    const support::ScratchFolder folder(world());
    const std::string large(100000, 'x');
    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
        io::Writer group = writer.group("results");
        group.text("short", "K = 0.4407 \xC2\xB1 1e-4\nline");
        group.text("empty", "");
        group.text("large", large);
        group.array("x", std::vector<double>{0, 1, 2});
        group.array<float>("f", {3}, std::vector<float>{5, 6, 7});
        group.attribute("f", "units", "J");
        group.dimensions("f", {"x"});
        group.attribute("", "title", "");
    });
    const io::Reader reader = io::open_sealed(world(), folder / "a.h5").group("results");
    BOOST_TEST(reader.text("short") == "K = 0.4407 \xC2\xB1 1e-4\nline");
    BOOST_TEST(reader.text("empty").empty());
    BOOST_TEST(reader.text("large") == large);
    BOOST_TEST(reader.attribute("f", "units").value() == "J");
    BOOST_TEST(reader.attribute("", "title").value().empty());
    BOOST_TEST(!reader.attribute("f", "nothing").has_value());
    BOOST_TEST(reader.attribute("x", "CLASS").value() == "DIMENSION_SCALE");
    BOOST_TEST((reader.names() == std::vector<std::string>{"empty", "f", "large", "short", "x"}));
    BOOST_TEST(reader.has("x"));
    BOOST_TEST(!reader.has("y"));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_a_data_error_that_names_file_and_path) {
    const support::ScratchFolder folder(world());
    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
        io::Writer group = writer.group("g");
        group.array("x", std::vector<double>{0, 1, 2});
        group.text("t", "text");
    });
    const io::Reader reader = io::Reader::open(world(), folder / "a.h5").group("g");
    const auto names_the_place = [](const char* path) {
        return [path](const core::DataError& error) {
            const std::string message = error.what();
            return message.find("a.h5") != std::string::npos && message.find(path) != std::string::npos;
        };
    };
    BOOST_CHECK_EXCEPTION(reader.array<float>("x"), core::DataError,
                          names_the_place("/g/x: holds float64, expected float32"));
    BOOST_CHECK_EXCEPTION(reader.value<double>("x"), core::DataError,
                          names_the_place("/g/x: has shape 3, expected scalar"));
    BOOST_CHECK_EXCEPTION(reader.value<double>("y"), core::DataError, names_the_place("/g/y: is missing"));
    BOOST_CHECK_EXCEPTION(reader.value<double>("t"), core::DataError, names_the_place("/g/t: holds a text"));
    BOOST_CHECK_EXCEPTION(reader.text("x"), core::DataError, names_the_place("/g/x: holds float64, expected a text"));
    BOOST_CHECK_EXCEPTION(reader.group("x"), core::DataError, names_the_place("/g/x: is not a group"));
    BOOST_CHECK_EXCEPTION(reader.value<double>(""), core::DataError, names_the_place("/g: is not a dataset"));
    BOOST_CHECK_THROW(io::Reader::open(world(), folder / "missing.h5"), core::DataError);
}

BOOST_AUTO_TEST_CASE(an_exception_on_one_rank_stops_all_and_keeps_the_old_file) {
    const support::ScratchFolder folder(world());
    io::publish(world(), folder / "a.h5", [](io::Writer& writer) { writer.value("n", 1); });
    for (const int culprit : {0, world().size() - 1}) {
        for (const int moment : {0, 1, 2}) {
            const auto fail = [&](int now) {
                if (now == moment && world().rank() == culprit) throw core::DataError("no luck");
            };
            expect_error_everywhere(
                [&] {
                    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
                        fail(0);
                        const io::Slab slab = piece({100}, 0);
                        writer.array<double>("data", slab, contents<double>(slab));
                        fail(1);
                        writer.group("g").value("x", 2.5);
                        fail(2);
                    });
                },
                core::ExitCode::bad_data);
            BOOST_TEST(files_in(folder.path()) == 1U);
        }
    }
    BOOST_TEST(io::open_sealed(world(), folder / "a.h5").value<int>("n") == 1);
}

BOOST_AUTO_TEST_CASE(ranks_that_disagree_are_noticed) {
    if (world().size() == 1) return;
    const support::ScratchFolder folder(world());
    const auto refused = [&](const std::function<void(io::Writer&)>& write) {
        expect_error_everywhere([&] { io::publish(world(), folder / "a.h5", write); }, core::ExitCode::internal_error);
        BOOST_TEST(files_in(folder.path()) == 0U);
    };
    const bool odd = world().rank() == world().size() - 1;
    refused([&](io::Writer& writer) { writer.value(odd ? "a" : "b", 1); });
    refused([&](io::Writer& writer) { writer.value("a", odd ? 2.0 : 1.0); });
    refused([&](io::Writer& writer) {
        if (odd) writer.value("a", 1);
    });
    refused([&](io::Writer& writer) {
        if (odd)
            writer.group("g");
        else
            writer.text("g", "");
    });
    refused([&](io::Writer& writer) {
        writer.array<double>("a", io::Slab::of_rows({10}, 0, odd ? 10 : 5), std::vector<double>(odd ? 10 : 5));
    });
}

BOOST_AUTO_TEST_CASE(a_full_disk_on_one_rank_is_an_io_error_on_all_and_keeps_the_old_file) {
    const support::ScratchFolder folder(world());
    io::publish(world(), folder / "a.h5", [](io::Writer& writer) { writer.value("n", 7); });
    std::signal(SIGXFSZ, SIG_IGN);
    for (int culprit = 0; culprit < world().size(); ++culprit) {
        const auto middle_of_its_piece = static_cast<rlim_t>(800000 * (2 * culprit + 1) / world().size());
        for (const rlim_t limit : {rlim_t{0}, rlim_t{2048}, middle_of_its_piece}) {
            rlimit old{};
            getrlimit(RLIMIT_FSIZE, &old);
            const rlimit small{limit, old.rlim_max};
            expect_error_everywhere(
                [&] {
                    io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
                        const io::Slab slab = piece({200000}, 0);
                        if (world().rank() == culprit) setrlimit(RLIMIT_FSIZE, &small);
                        writer.array<double>("data", slab, contents<double>(slab));
                        writer.group("g").array("more", std::vector<double>(30000, 1.5));
                    });
                },
                core::ExitCode::io_failed);
            setrlimit(RLIMIT_FSIZE, &old);
            BOOST_TEST(files_in(folder.path()) == 1U);
        }
    }
    BOOST_TEST(io::open_sealed(world(), folder / "a.h5").value<int>("n") == 7);
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_an_io_error) {
    const support::ScratchFolder folder(world());
    expect_error_everywhere([&] { io::publish(world(), folder.path() / "no" / "a.h5", [](io::Writer&) {}); },
                            core::ExitCode::io_failed);
    expect_error_everywhere([&] { io::publish_text(world(), folder.path() / "no" / "a.json", "{}"); },
                            core::ExitCode::io_failed);
}

BOOST_AUTO_TEST_CASE(a_text_is_published_whole) {
    const support::ScratchFolder folder(world());
    io::publish_text(world(), folder / "a.json", "old");
    io::publish_text(world(), folder / "a.json", "{\"new\": 1}\n");
    std::ifstream file(folder / "a.json");
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    BOOST_TEST(text == "{\"new\": 1}\n");
    BOOST_TEST(files_in(folder.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(the_same_contents_have_the_same_digest_on_any_layout) {
    const support::ScratchFolder folder(world());
    const std::vector<std::uint64_t> shape{50, 9};
    std::vector<std::string> digests;
    for (const int style : {0, 1, 2}) {
        io::publish(world(), folder / "a.h5", [&](io::Writer& writer) {
            io::Writer results = writer.group("results");
            const io::Slab slab = columns(shape, style);
            results.array<double>("data", slab, contents<double>(slab),
                                  style == 2 ? io::Storage{{7, 4}, 6} : io::Storage{});
        });
        digests.push_back(io::digest(folder / "a.h5"));
        world().barrier();
    }
    BOOST_TEST(digests[0] == digests[1]);
    BOOST_TEST(digests[0] == digests[2]);
}
