/* precision_f64.h: makes the templates included after it work in double. */
#undef real
#undef BP_
#undef BP_IS_DOUBLE
#define real double
#define BP_(name) name##_f64
#define BP_IS_DOUBLE 1
