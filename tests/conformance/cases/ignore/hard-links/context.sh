echo 1 >a; ln a b; ln a c
