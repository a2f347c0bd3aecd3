#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/operator_basis.hpp>

#include <nlohmann/json.hpp>

#include <set>

using namespace blockspin;
using lattice::Lattice;
using model::Operator;
using model::OperatorBasis;

namespace {

constexpr std::array all_lattices{Lattice::chain,     Lattice::square, Lattice::triangular,
                                  Lattice::honeycomb, Lattice::cubic,  Lattice::hypercubic};

std::size_t images(Lattice lattice, const std::string& name) {
    return Operator::from_name(lattice, name).images().size();
}

std::vector<std::string> names(Lattice lattice, const model::OperatorRange& range) {
    return OperatorBasis::generate(lattice, range).names();
}

} // namespace

BOOST_AUTO_TEST_CASE(operators_have_as_many_images_as_their_symmetry_allows) {
    BOOST_TEST(images(Lattice::chain, "nn") == 1u);
    BOOST_TEST(images(Lattice::square, "h") == 1u);
    BOOST_TEST(images(Lattice::square, "nn") == 2u);
    BOOST_TEST(images(Lattice::square, "nnn") == 2u);
    BOOST_TEST(images(Lattice::square, "4nn") == 4u); // (2,1)
    BOOST_TEST(images(Lattice::square, "plaquette") == 1u);
    BOOST_TEST(images(Lattice::square, "(0,0)(1,0)(1,1)") == 4u);
    BOOST_TEST(images(Lattice::triangular, "nn") == 3u);
    BOOST_TEST(images(Lattice::triangular, "triangle") == 2u); // up and down
    BOOST_TEST(images(Lattice::cubic, "nn") == 3u);
    BOOST_TEST(images(Lattice::cubic, "nnn") == 6u);
    BOOST_TEST(images(Lattice::cubic, "3nn") == 4u);
    BOOST_TEST(images(Lattice::cubic, "plaquette") == 3u);
    BOOST_TEST(images(Lattice::cubic, "tetrahedron") == 2u);
    BOOST_TEST(images(Lattice::cubic, "cube") == 1u);
    BOOST_TEST(images(Lattice::hypercubic, "nn") == 4u);
    BOOST_TEST(images(Lattice::hypercubic, "plaquette") == 6u);
    BOOST_TEST(images(Lattice::honeycomb, "h") == 2u);   // one for each sublattice
    BOOST_TEST(images(Lattice::honeycomb, "nn") == 3u);  // bonds per unit cell of two sites
    BOOST_TEST(images(Lattice::honeycomb, "nnn") == 6u); // six second neighbours of each of two sites, halved
    BOOST_TEST(images(Lattice::honeycomb, "3nn") == 3u);
}

BOOST_AUTO_TEST_CASE(equivalent_lists_of_sites_are_the_same_operator) {
    const auto corner = Operator::from_name(Lattice::square, "(0,0)(1,0)(1,1)");
    BOOST_TEST((corner == Operator::from_name(Lattice::square, "(5,7)(5,8)(4,8)")));
    BOOST_TEST((corner == Operator::from_name(Lattice::square, "(0,0)(-1,0)(0,-1)")));
    BOOST_TEST((corner != Operator::from_name(Lattice::square, "(0,0)(1,0)(2,0)")));
    BOOST_TEST((Operator::from_name(Lattice::cubic, "(0,0,0)(0,0,-1)") == Operator::from_name(Lattice::cubic, "nn")));
    BOOST_TEST(
        (Operator::from_name(Lattice::triangular, "(0,0)(1,1)") == Operator::from_name(Lattice::triangular, "nn")));
    BOOST_TEST(
        (Operator::from_name(Lattice::triangular, "(0,0)(1,-1)") == Operator::from_name(Lattice::triangular, "nnn")));
}

BOOST_AUTO_TEST_CASE(honeycomb_neighbours_are_those_of_the_brick_wall) {
    const auto nn = Operator::from_name(Lattice::honeycomb, "nn");
    BOOST_TEST((nn == Operator::from_name(Lattice::honeycomb, "(0,0)(1,0)")));
    BOOST_TEST((nn == Operator::from_name(Lattice::honeycomb, "(0,0)(-1,0)")));
    BOOST_TEST((nn == Operator::from_name(Lattice::honeycomb, "(0,0)(0,1)")));
    BOOST_TEST((nn != Operator::from_name(Lattice::honeycomb, "(0,0)(0,-1)"))); // no bond: across a hexagon
    BOOST_TEST(Operator::from_name(Lattice::honeycomb, "(0,0)(0,-1)").name() == "3nn");
    // Three second neighbours round a site or round the middle of a hexagon: not equivalent.
    const auto round_site = Operator::from_name(Lattice::honeycomb, "(1,0)(-1,0)(0,1)");
    const auto round_hexagon = Operator::from_name(Lattice::honeycomb, "(0,0)(2,0)(1,1)");
    BOOST_TEST(round_site.squared_range() == 3);
    BOOST_TEST(round_hexagon.squared_range() == 3);
    BOOST_TEST((round_site != round_hexagon));
}

BOOST_AUTO_TEST_CASE(pairs_are_named_by_distance) {
    BOOST_TEST(Operator::from_name(Lattice::square, "(0,0)(2,0)").name() == "3nn");
    BOOST_TEST(Operator::from_name(Lattice::square, "(0,0)(1,2)").name() == "4nn");
    BOOST_TEST(Operator::from_name(Lattice::cubic, "(0,0,0)(2,0,0)").name() == "4nn");
    BOOST_TEST(Operator::from_name(Lattice::cubic, "(0,0,0)(2,1,0)").name() == "5nn");
    BOOST_TEST(Operator::from_name(Lattice::cubic, "(0,0,0)(2,1,1)").name() == "6nn");
    BOOST_TEST(Operator::from_name(Lattice::chain, "(0)(7)").name() == "(0)(7)"); // too far for a name
    const auto at_five = {Operator::from_name(Lattice::square, "(0,0)(5,0)").name(),
                          Operator::from_name(Lattice::square, "(0,0)(3,4)").name()};
    BOOST_TEST(std::set<std::string>(at_five).size() == 2u); // equally far, not equivalent
}

BOOST_AUTO_TEST_CASE(every_name_leads_back_to_its_operator) {
    for (const Lattice lattice : all_lattices) {
        for (const Operator& op : OperatorBasis::generate(lattice, {.spins = 4, .squared_range = 2})) {
            BOOST_TEST((Operator::from_name(lattice, op.name()) == op), op.name());
            BOOST_TEST((Operator(lattice, op.sites()) == op), op.name());
            for (const model::Stencil& image : op.images()) {
                auto sites = image.offsets;
                for (auto& site : sites) site[0] += image.sublattice;
                BOOST_TEST((Operator(lattice, sites) == op), op.name());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_operators_of_a_range_are_complete) {
    const std::vector<std::string> in_the_unit_square{"h", "nn", "nnn", "corner", "plaquette"};
    BOOST_TEST(names(Lattice::square, {.spins = 9, .squared_range = 2}) == in_the_unit_square);
    const std::vector<std::string> even{"nn", "nnn", "plaquette"};
    BOOST_TEST(names(Lattice::square, {.spins = 4, .squared_range = 2, .parity = model::Parity::even}) == even);
    const std::vector<std::string> odd{"h", "corner"};
    BOOST_TEST(names(Lattice::square, {.spins = 4, .squared_range = 2, .parity = model::Parity::odd}) == odd);
    BOOST_TEST(OperatorBasis::generate(Lattice::chain, {.spins = 5, .squared_range = 16}).size() == 13u);
    // Sets of corners of a cube up to its 48 symmetries: 1 3 3 6 3 3 1 1 of them with 1 to 8 corners (Pólya).
    BOOST_TEST(OperatorBasis::generate(Lattice::cubic, {.spins = 8, .squared_range = 3}).size() == 21u);
}

BOOST_AUTO_TEST_CASE(a_basis_is_in_canonical_order_however_it_was_given) {
    const std::vector<std::string> given{"plaquette", "nnn", "h", "nn"}, sorted{"h", "nn", "nnn", "plaquette"};
    const OperatorBasis basis = OperatorBasis::from_names(Lattice::square, given);
    BOOST_TEST(basis.names() == sorted);
    BOOST_TEST(basis.find("nnn").value() == 2u);
    BOOST_TEST(basis.find("(0,0)(0,1)").value() == 1u);
    BOOST_TEST(basis.find("field").value() == 0u);
    BOOST_TEST(!basis.find("3nn").has_value());
    BOOST_CHECK_THROW(OperatorBasis::from_names(Lattice::square, std::vector<std::string>{"nn", "(0,0)(0,1)"}),
                      core::InputError);
}

BOOST_AUTO_TEST_CASE(a_basis_survives_json) {
    for (const Lattice lattice : all_lattices) {
        const OperatorBasis basis = OperatorBasis::generate(lattice, {.spins = 4, .squared_range = 3});
        BOOST_TEST((model::basis_from_json(nlohmann::json::parse(model::to_json(basis).dump())) == basis));
    }
    const OperatorBasis basis = OperatorBasis::from_names(Lattice::square, std::vector<std::string>{"nn"});
    BOOST_TEST(model::to_json(basis).dump() ==
               R"({"lattice":"square","operators":[{"name":"nn","sites":[[0,0],[1,0]]}]})");
}

BOOST_AUTO_TEST_CASE(json_that_is_no_basis_is_refused) {
    for (const char* text : {R"({})", R"(7)", R"({"lattice":"cubist","operators":[]})",
                             R"({"lattice":"square","operators":[{"sites":[[0,0,0]]}]})",
                             R"({"lattice":"square","operators":[{"sites":[[0,0],[0,0]]}]})",
                             R"({"lattice":"square","operators":[{"sites":[]}]})",
                             R"({"lattice":"square","operators":[{"sites":[["a",0]]}]})"}) {
        BOOST_CHECK_THROW(model::basis_from_json(nlohmann::json::parse(text)), core::DataError);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_operator_is_refused) {
    for (const char* name : {"", "nnnn", "2nn", "03nn", "0nn", "9999nn", "3nnx", "tetrahedron", "(0,0",
                             "(0,0,0)(1,0,0)", "(0,0)(0,0)", "(0,0)x", "(99999,0)(0,0)", "(0,)(1,0)"}) {
        BOOST_CHECK_THROW(Operator::from_name(Lattice::square, name), core::InputError);
    }
    BOOST_CHECK_THROW(Operator(Lattice::square, {{0, 0, 0, 0}, {0, 0, 1, 0}}), core::InputError);
    BOOST_CHECK_THROW(OperatorBasis::generate(Lattice::cubic, {.spins = 8, .squared_range = 64}), core::InputError);
    BOOST_CHECK_THROW(OperatorBasis::generate(Lattice::square, {.spins = 0, .squared_range = 4}), core::InputError);
    BOOST_CHECK_THROW(OperatorBasis::generate(Lattice::chain, {.spins = 2, .squared_range = 257}), core::InputError);
}
