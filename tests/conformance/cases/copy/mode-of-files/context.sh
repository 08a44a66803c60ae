touch r x s g; chmod 400 r; chmod 711 x; chmod 4755 s; chmod 2755 g; mkdir p t; chmod 700 p; chmod 1777 t; chmod 2770 .
