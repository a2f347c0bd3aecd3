#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/hypercube.hpp>

#include <numeric>

using namespace blockspin;
using flow::SpinClasses;

BOOST_AUTO_TEST_CASE(the_group_of_the_hypercube_leaves_as_many_classes_as_burnside_counts) {
    const std::array counts{3, 6, 22, 402};
    for (int d = 1; d <= 4; ++d) {
        BOOST_TEST(SpinClasses::hypercubic(d).count() == counts[d - 1]);
        BOOST_TEST(SpinClasses::totally_symmetric(d).count() == (1 << d) + 1);
    }
    BOOST_CHECK_THROW(SpinClasses::hypercubic(5), core::InputError);
    BOOST_CHECK_THROW(SpinClasses::totally_symmetric(0), core::InputError);
    BOOST_CHECK_THROW(SpinClasses::totally_symmetric(6), core::InputError);
    BOOST_CHECK_THROW(SpinClasses::totally_symmetric(5).per_class([](std::uint32_t) { return 0.0; }), core::InputError);
}

BOOST_AUTO_TEST_CASE(couplings_of_the_square_bear_the_names_of_their_vertices) {
    const std::vector<std::string> expected{"{0}", "{0,1}", "{1,2}", "{0,1,2}", "{0,1,2,3}"};
    BOOST_TEST(flow::names(SpinClasses::hypercubic(2).couplings()) == expected, boost::test_tools::per_element());
    const auto symmetric = SpinClasses::totally_symmetric(2);
    BOOST_TEST(symmetric.couplings()[1].name == "2-spin");
    BOOST_TEST((symmetric.couplings()[2].parity == flow::Parity::odd));
}

BOOST_AUTO_TEST_CASE(values_and_couplings_are_each_others_inverse) {
    for (const auto& classes :
         {SpinClasses::hypercubic(3), SpinClasses::totally_symmetric(4), SpinClasses::totally_symmetric(5)}) {
        std::vector<double> couplings;
        for (int a = 1; a < classes.count(); ++a) couplings.push_back(std::sin(a) / classes.size(a));
        const auto back = classes.expansion(classes.values(couplings));
        BOOST_TEST(std::abs(back[0]) < 1e-14);
        for (std::size_t a = 0; a < couplings.size(); ++a) BOOST_TEST(std::abs(back[a + 1] - couplings[a]) < 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(a_coupling_is_the_coefficient_of_every_product_of_its_class) {
    const auto classes = SpinClasses::hypercubic(3);
    const auto spin = [](std::uint32_t mask, int v) { return (mask >> v & 1u) != 0 ? -1.0 : 1.0; };
    const auto bonds = [&](std::uint32_t mask) {
        double sum = 0.0;
        for (int v = 0; v < 8; ++v)
            for (int axis = 0; axis < 3; ++axis)
                if ((v >> axis & 1) == 0) sum += 0.25 * spin(mask, v) * spin(mask, v ^ (1 << axis));
        return sum;
    };
    const auto couplings = classes.expansion(classes.per_class(bonds));
    for (int a = 0; a < classes.count(); ++a)
        BOOST_TEST(std::abs(couplings[a] - (a == classes.of(0b11) ? 0.25 : 0.0)) < 1e-15);
    BOOST_CHECK_THROW(classes.per_class([&](std::uint32_t mask) { return spin(mask, 5); }), core::InputError);
}

BOOST_AUTO_TEST_CASE(counting_combinations_and_counting_masks_agree) {
    // The classes of the square's edges and corners are finer; sums over shells of the hypercubic ones are the others.
    const auto masks = SpinClasses::hypercubic(3), numbers = SpinClasses::totally_symmetric(3);
    const auto fine = masks.kernel(std::vector{0.4}), coarse = numbers.kernel(std::vector{0.4});
    for (int r = 0; r < masks.count(); ++r)
        for (int bits = 0; bits <= 8; ++bits) {
            double sum = 0.0;
            for (int s = 0; s < masks.count(); ++s)
                if (masks.bits(s) == bits) sum += std::exp(fine.log(r, s));
            BOOST_TEST(std::abs(std::log(sum) - coarse.log(masks.bits(r), bits)) < 1e-13);
        }
}
